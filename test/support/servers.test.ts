import { Client } from 'pg';
import { testDatabase } from './database';
import { devServer } from './dev-server';
import { timeSkippingServer } from './time-skipping';

describe('the servers that tests stand on', () => {
  test('a test database is migrated, empty and of two roles', async () => {
    const database = await testDatabase();
    const client = new Client({ connectionString: database.appUrl });
    await client.connect();
    try {
      await expect(client.query('SELECT count(*)::int AS count FROM orders')).resolves.toMatchObject({
        rows: [{ count: 0 }],
      });
      await expect(client.query('DROP TABLE orders')).rejects.toThrow('must be owner');
    } finally {
      await client.end();
      await database.drop();
    }
  });

  test('time is skipped', async () => {
    const server = await timeSkippingServer();
    try {
      const before = await server.currentTimeMs();
      await server.sleep('30 days');
      expect((await server.currentTimeMs()) - before).toBeGreaterThanOrEqual(30 * 24 * 3600 * 1000);
    } finally {
      await server.teardown();
    }
  });

  test('the development server knows the search attributes in every namespace', async () => {
    const server = await devServer();
    try {
      const known = await server.connection.operatorService.listSearchAttributes({ namespace: server.namespace ?? '' });
      expect(Object.keys(known.customAttributes)).toEqual(expect.arrayContaining(['ProviderId', 'DueAt']));
    } finally {
      await server.teardown();
    }
  });
});
