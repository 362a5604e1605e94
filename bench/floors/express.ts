import { Client, Connection } from '@temporalio/client';
import express from 'express';
import { Pool } from 'pg';

const TABLES = ['steps', 'deliveries', 'orders', 'messages', 'notification_deliveries'];

/**
 * F1: a bare Express route that does with plain `pg` what the rejection of an acceptance writes: the
 * step, the delivery, its order, the message and the e-mail, in one transaction.
 */
async function main(): Promise<void> {
  const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: 10 });
  const app = express();
  app.use(express.json());
  app.get('/readyz', (_request, response) => {
    response.send('ready');
  });
  let sequence = 0;
  app.post('/reject/:id', async (request, response) => {
    sequence += 1;
    const { id } = request.params;
    const state = JSON.stringify(request.body.state);
    const message = `msg_${process.pid}_${sequence}`;
    const client = await pool.connect();
    try {
      await client.query('BEGIN');
      await client.query(
        `INSERT INTO floor_steps (object_id, sequence, command_id, actor_role, actor_id, action, note, state_after,
           request_id, source_ip, run_id, at)
         VALUES ($1, $2, $3, 'buyer', 'usr_demo', 'buyer.acceptance.reject', $4, $5, 'req', '127.0.0.1', 'run', now())`,
        [id, sequence, `cmd_${process.pid}_${sequence}`, request.body.reason, state],
      );
      await client.query(
        `UPDATE floor_deliveries SET stage = 'implementing', acceptance_rejections = acceptance_rejections + 1,
           state = $2, sequence = $3, updated_at = now() WHERE id = $1`,
        [id, state, sequence],
      );
      await client.query("UPDATE floor_orders SET state = 'implementing', updated_at = now() WHERE delivery_id = $1", [
        id,
      ]);
      await client.query(
        `INSERT INTO floor_messages (id, recipient_id, event, object_id, sequence, params, created_at)
         VALUES ($1, 'usr_demo', 'delivery.acceptance_rejected', $2, $3, '{"reason":"no"}', now())`,
        [message, id, sequence],
      );
      await client.query("INSERT INTO floor_notification_deliveries (message_id, channel) VALUES ($1, 'email')", [
        message,
      ]);
      await client.query('COMMIT');
    } catch (error) {
      await client.query('ROLLBACK');
      throw error;
    } finally {
      client.release();
    }
    response.json({ id, sequence });
  });
  // Not a floor, but what explains one: the same bare route in front of a bare refused update.
  const client = new Client({ connection: Connection.lazy({ address: String(process.env.TEMPORAL_ADDRESS) }) });
  app.post('/refuse/:id', async (request, response) => {
    const handle = client.workflow.getHandle(String(request.body.workflowId));
    await handle.executeUpdate('floor', { args: [true] }).then(
      () => response.status(500).json({}),
      () => response.status(409).json({ refused: true }),
    );
  });
  app.listen(Number(process.env.API_PORT), '127.0.0.1');
}

/** SQL for the owner: tables like ours, with one delivery in them. */
export function floorTables(appRole: string): string[] {
  return [
    ...TABLES.map((table) => `CREATE TABLE floor_${table} (LIKE ${table} INCLUDING ALL)`),
    ...TABLES.map((table) => `GRANT SELECT, INSERT, UPDATE ON floor_${table} TO ${appRole}`),
  ];
}

/** SQL that copies one delivery and its order into the floor's tables. */
export const copyIntoFloor = [
  'INSERT INTO floor_deliveries SELECT * FROM deliveries WHERE id = $1',
  'INSERT INTO floor_orders SELECT * FROM orders WHERE delivery_id = $1',
];

if (require.main === module) {
  main().catch((error) => {
    console.error(error);
    process.exit(1);
  });
}
