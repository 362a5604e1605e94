import { setTimeout as sleep } from 'node:timers/promises';
import { Client as PostgresClient } from 'pg';
import { z } from 'zod';
import { PAYMENT_CHANNELS } from '../../domain/orders/order';
import { eventually } from '../support/eventually';
import { channelBooks, reconciled, replayed } from './support/books';
import { type Client, createClient } from './support/client';
import { inParallel, range } from './support/in-parallel';
import { amidst } from './support/moments';
import { addUnsupervised } from './support/money-products';
import { moneyStories } from './support/money-story';
import { type Choices, seededChoices } from './support/random';
import { scaled } from './support/scale';
import { summarise } from './support/summary';
import { type FaultSystem, type Part, startSystem } from './support/system';

const NAME = 'everything is killed amidst purchases and refunds';
const ORDERS = scaled(24, 500);
const KILLS_OF_EACH = scaled(1, 5);
const CLIENTS = scaled(12, 24);
const COUPONS = scaled(6, 100);
const PAY_WITHIN_S = scaled(12, 30);
const PARTS: readonly Part[] = ['api', 'worker', 'postgres', 'temporal'];

describe(`I-80 … I-85: ${NAME}`, () => {
  let system: FaultSystem;
  let client: Client;
  beforeAll(async () => {
    const policy = { 'order.payWithin': `${PAY_WITHIN_S} seconds`, 'refund.autoExecuteAfter': '4 seconds' };
    system = await startSystem({ policy });
    client = createClient(system);
    await addUnsupervised(system);
  }, 120_000);
  afterAll(() => system.stop(), 60_000);

  test(
    'with a channel that misbehaves: every order and refund is settled, to the fen, and a forged line is found',
    async () => {
      const startedAtMs = Date.now();
      const choices = seededChoices(NAME);
      const { does, live } = moneyStories(client, system, PAY_WITHIN_S * 1_000);
      await claimCoupons(does);
      const stories = range(ORDERS).map((n) => ({ n, choices: choices.fork() }));
      const [killing, working] = [new AbortController(), new AbortController()];
      const channel = misbehave(choices.fork(), { killing: killing.signal, working: working.signal });
      const work = inParallel(stories, CLIENTS, (story) => live(story.n, story.choices)).then(untilQuiet);
      const kill = (part: Part) => async () => {
        await system.kill(part);
        await sleep(choices.between(0, 300));
        await system.start(part);
      };
      const faults = range(KILLS_OF_EACH).flatMap(() => PARTS.map(kill));
      const end = async () => killing.abort();
      await amidst(system, choices, work, [...faults, end], scaled(10, 100)).finally(() => working.abort());
      await channel;

      const counted = await expectSettled();
      await expectBooksOfChannel();
      await expectBalanced();
      await expectCoupons();
      expect(await reconciled(system, startedAtMs)).toBe(0);
      expect(await system.db.reconciliationDifference.findMany()).toEqual([]);
      const forged = await forgeLine();
      expect(await reconciled(system, startedAtMs)).toBe(1);
      expect(await system.db.reconciliationDifference.findMany()).toMatchObject([{ kind: 'journal', key: forged }]);
      summarise(NAME, { 'kills of each': KILLS_OF_EACH, ...counted, differences: 0 }, client.troubles);
    },
    scaled(400_000, 7_200_000),
  );

  async function claimCoupons(does: ReturnType<typeof moneyStories>['does']): Promise<void> {
    const kinds = [{ discount: 0.9 }, { reductionFen: 777, thresholdFen: 1_000 }];
    const validFromMs = Date.now() + 5_000;
    for (const kind of kinds) {
      const { id } = z.object({ id: z.string() }).parse(
        await does('provider', '/provider/coupons', {
          ...{ name: 'A coupon', scope: 'shop', kind, scene: 'new', placement: 'product_page' },
          ...{ quantity: COUPONS, perBuyer: COUPONS },
          validFrom: new Date(validFromMs).toISOString(),
          validTo: new Date(validFromMs + 86_400_000).toISOString(),
        }),
      );
      for (const _ of range(COUPONS)) await does('buyer', `/buyer/coupons/${id}/claim`);
    }
    await sleep(validFromMs - Date.now());
  }

  /**
   * Refunds meet lost and refused requests, lost and late answers, and outcomes that are unknown for a while: as long as
   * there are kills; what is unknown then becomes known until the end.
   */
  async function misbehave(random: Choices, { killing, working }: Record<'killing' | 'working', AbortSignal>) {
    const put = (path: string, body: object) =>
      fetch(`${system.channelUrl}${path}`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    for (let round = 0; !working.aborted; round += 1) {
      const some = () => random.between(0, 1);
      const faults = {
        ...{ failNextRefunds: some(), loseNextAnswers: some(), holdNextRefunds: some(), failNextQueries: some() },
        ...{ answerAfterMs: random.between(0, 300), hangNextAnswers: round % 40 === 7 ? 1 : 0 },
      };
      await put('/faults', killing.aborted ? {} : faults);
      const held = (await channelBooks(system)).refunds.filter(({ status }) => status === 'processing');
      for (const { refundId } of held) {
        const fails = refundId.startsWith('rfd_') && random.chance(0.4);
        await put(`/refunds/${refundId}/outcome`, { status: fails ? 'failed' : 'refunded' });
      }
      await sleep(500);
    }
  }

  /** What the stories do not wait for: late and second payments that go back, and callbacks that come again. */
  async function untilQuiet(): Promise<void> {
    const { db } = system;
    await eventually(async () => {
      const open = await Promise.all([
        db.paymentCallback.count({ where: { handledAt: null } }),
        db.refund.count({ where: { refundedAt: null } }),
        db.order.count({ where: { state: { in: ['pending_payment', 'refunding'] } } }),
        db.clearingBalance.count(),
      ]);
      expect(open).toEqual([0, 0, 0, 0]);
      const heard = new Set((await db.payment.findMany()).map(({ transactionId }) => transactionId));
      const { payments } = await channelBooks(system);
      // A payment of nothing changes nothing.
      expect(payments.filter(({ amountFen, transactionId }) => amountFen > 0 && !heard.has(transactionId))).toEqual([]);
    }, 180_000);
  }

  async function expectSettled() {
    const { db } = system;
    const orders = await db.order.groupBy({ by: ['state'], _count: true });
    const states = Object.fromEntries(orders.map(({ state, _count }) => [state, _count]));
    const ended = ['completed', 'refunded', 'cancelled', 'closed'];
    expect(Object.keys(states).filter((state) => !ended.includes(state))).toEqual([]);
    const requests = await db.refundRequest.groupBy({ by: ['stage'], _count: true });
    const stages = Object.fromEntries(requests.map(({ stage, _count }) => [`requests ${stage}`, _count]));
    expect(await db.order.count({ where: { refundReservedFen: { gt: 0 } } })).toBe(0);
    expect(await db.order.count()).toBe(ORDERS);
    const money = { payments: await db.payment.count(), 'sent back': await db.refund.count() };
    return { orders: ORDERS, ...states, ...money, ...stages };
  }

  /** The channel's own list is the book: by channel in the ledger, by order in the orders. */
  async function expectBooksOfChannel(): Promise<void> {
    const { payments, refunds } = await channelBooks(system);
    expect(refunds.filter(({ status }) => status !== 'refunded')).toEqual([]);
    const [byChannel, byOrder] = [new Map<string, number>(), new Map<string, number>()];
    const add = (sums: Map<string, number>, key: string, fen: number) => sums.set(key, (sums.get(key) ?? 0) + fen);
    const orderOf = new Map(payments.map(({ transactionId, orderId }) => [transactionId, orderId]));
    const lines = [...payments, ...refunds.map((sent) => ({ ...sent, amountFen: -sent.amountFen }))];
    for (const { channel, amountFen, transactionId } of lines) {
      add(byChannel, channel, amountFen);
      add(byOrder, orderOf.get(transactionId) ?? '', amountFen);
    }
    const books = await replayed(system);
    const ledger = PAYMENT_CHANNELS.map((channel) => [channel, books.get(`channel:${channel}`) ?? 0]);
    expect(ledger).toEqual(PAYMENT_CHANNELS.map((channel) => [channel, byChannel.get(channel) ?? 0]));
    for (const { id, paidFen, refundedFen } of await system.db.order.findMany()) {
      expect([id, byOrder.get(id) ?? 0]).toEqual([id, Number(paidFen - refundedFen)]);
    }
  }

  async function expectBalanced(): Promise<void> {
    const { body } = await client.get('ops', '/ops/ledger/trial-balance');
    const trial = z.object({ debitFen: z.int(), creditFen: z.int(), balanced: z.boolean() }).parse(body);
    expect(trial).toMatchObject({ balanced: true, debitFen: trial.creditFen });
    const books = await replayed(system);
    expect([...books.values()].reduce((sum, fen) => sum + fen, 0)).toBe(0);
    for (const { accountId, balanceFen } of await system.db.accountBalance.findMany()) {
      expect([accountId, Math.abs(books.get(accountId) ?? 0)]).toEqual([accountId, Number(balanceFen)]);
    }
    for (const channel of PAYMENT_CHANNELS) expect(books.get(`buyer_funds:${channel}`) ?? 0).toBe(0);
  }

  /** None is issued beyond its quantity or used on two orders; a used one has taken something off what was paid. */
  async function expectCoupons(): Promise<void> {
    const claims = await system.db.couponClaim.findMany();
    expect(claims).toHaveLength(2 * COUPONS);
    expect(new Set(claims.map(({ status }) => status)).has('reserved')).toBe(false);
    const used = claims.filter(({ status }) => status === 'used');
    expect(used.length).toBeGreaterThan(0);
    const orders = await system.db.order.findMany({
      where: { couponReductionFen: { gt: 0 }, state: { not: 'closed' } },
    });
    expect(orders.map(({ id }) => id).sort()).toEqual(used.map(({ orderId }) => orderId).sort());
  }

  /** The schema's owner adds a line to an old journal, with the triggers off; answers its id. */
  async function forgeLine(): Promise<string> {
    const { id } = await system.db.journal.findFirstOrThrow({
      where: { kind: 'order_completed' },
      orderBy: { id: 'asc' },
    });
    const owner = new PostgresClient({ connectionString: system.ownerUrl });
    await owner.connect();
    await owner.query(`
      ALTER TABLE entries DISABLE TRIGGER USER;
      INSERT INTO entries (journal_id, line, account_id, credit_fen) VALUES ('${id}', 9, 'platform_fee', 1);
      ALTER TABLE entries ENABLE TRIGGER USER`);
    await owner.end();
    return id;
  }
});
