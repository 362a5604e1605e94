import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadPolicy } from '../../../config/policy';
import { deliveryPolicy, orderPolicy, parsePolicy } from '../../../domain/policies/catalogue';
import { DAY_MS } from '../../../domain/policies/duration';

const days = (n: number) => ({ kind: 'elapsed', ms: n * DAY_MS });
const workingDays = (n: number) => ({ kind: 'workingDays', days: n });

test('GEN-3: the defaults are those of the catalogue', () => {
  expect(parsePolicy()).toEqual({
    'shop.reviewTarget': workingDays(7),
    'shop.bestSellersMax': 6,
    'product.reviewTarget': workingDays(7),
    'product.securityCheckTarget': workingDays(3),
    'account.ticketTarget': workingDays(3),
    'product.reviewed': ['publish', 'modify', 'relist', 'upgrade'],
    'delivery.providerStall': days(5),
    'delivery.requirementRejections': 3,
    'delivery.acceptanceRejections': 3,
    'delivery.autoAcceptAfter': days(30),
    'delivery.appealTarget': workingDays(3),
    'delivery.providerReminders': [days(3), days(5)],
    'delivery.acceptanceReminders': [days(7), days(3), days(1)],
    'delivery.requirementReminders': [days(3), days(7), days(30)],
    'delivery.requirementTaskAfter': days(90),
    'delivery.implementingEscalations': [days(15), days(30)],
    'delivery.operationsReminders': [days(1), days(3), days(7)],
    'order.startWithin': days(15),
    'order.autoConfirmAfter': days(15),
    'order.payWithin': days(3),
    'instance.destroyAfter': days(7),
    'instance.unansweredAfter': { kind: 'elapsed', ms: 3_600_000 },
    'invoice.issueWithin': workingDays(10),
    'invoice.issueReminderBefore': days(3),
    'invoice.receiptReminderAfter': days(7),
    'invoice.autoConfirmAfter': days(15),
    'invoice.returnReminderAfter': days(3),
    'invoice.returnWithin': days(7),
    'refund.autoExecuteAfter': days(3),
    'refund.noReasonDays': 5,
    'refund.answerWithin': days(3),
    'refund.buyerAnswerWithin': days(3),
    'refund.operationsReminders': [days(1), days(3), days(7)],
    'refund.invoiceReminders': [days(3), days(7), days(30)],
    'deposit.requiredFen': { '*': 500_000 },
    'deposit.refundTarget': days(45),
    'fee.table': [
      { basisPoints: 1_000 },
      { basisPoints: 300, productType: 'api', grade: 'bazaar', from: '2023-01-01' },
    ],
    'ledger.clearingOpenFor': days(3),
    'settlement.splitAfter': days(31),
    'settlement.tenpayDayOfMonth': 3,
    'withdrawal.tencentEtaWorkingDays': [15, 25],
    'withdrawal.bankEtaWorkingDays': [1, 2],
    'subsidy.paymentTarget': workingDays(20),
    'subsidy.ordinaryInvoiceDeductionBasisPoints': 600,
    'subsidy.earnedBefore': '2022-04-01',
    'idempotency.keepFor': days(2),
    'webhook.retryFor': days(3),
    'webhook.secretOverlap': days(1),
    'webhook.endpointsMax': 10,
    'webhook.keepEventsFor': days(90),
    'notification.keepFor': days(365),
    'notification.operationsAbsentAfter': days(90),
  });
});

test('answers are kept under their keys for 24 hours at least, which clients are promised', () => {
  expect(parsePolicy({ 'idempotency.keepFor': '24 hours' })['idempotency.keepFor'].ms).toBe(86_400_000);
  expect(() => parsePolicy({ 'idempotency.keepFor': '23 hours' })).toThrow(
    'idempotency.keepFor: must be at least 24 hours, which clients are promised',
  );
});

test('GEN-3: an override replaces its own key and no other', () => {
  const policy = parsePolicy({ 'delivery.providerStall': '2 seconds', 'deposit.requiredFen': { '*': 0, software: 1 } });
  expect(policy).toEqual({
    ...parsePolicy(),
    'delivery.providerStall': { kind: 'elapsed', ms: 2_000 },
    'deposit.requiredFen': { '*': 0, software: 1 },
  });
});

test('GEN-3: every unknown key and every bad value is named', () => {
  const overrides = {
    'delivery.providerStal': '5 days',
    'order.paywithin': '1 day',
    'delivery.providerStall': '5 working days',
    'delivery.requirementRejections': '3',
    'fee.tabel': [],
  };
  expect(() => parsePolicy(overrides)).toThrow(/^The policies are not usable:\n/);
  for (const key of Object.keys(overrides)) expect(() => parsePolicy(overrides)).toThrow(`  ${key}: `);
});

test.each([
  ['delivery.autoAcceptAfter', '30'],
  ['delivery.autoAcceptAfter', 30],
  ['delivery.autoAcceptAfter', null],
  ['delivery.acceptanceRejections', 0],
  ['delivery.acceptanceRejections', 2.5],
  ['delivery.providerReminders', []],
  ['delivery.providerReminders', ['5 days', '3 days']],
  ['delivery.providerReminders', ['3 days', '3 days']],
  ['delivery.providerReminders', ['3 working days']],
  ['delivery.acceptanceReminders', ['1 day', '3 days']],
  ['product.reviewed', ['publish', 'publish']],
  ['product.reviewed', ['destroy']],
  ['deposit.requiredFen', { software: 1 }],
  ['deposit.requiredFen', { '*': -1 }],
  ['settlement.tenpayDayOfMonth', 29],
  ['fee.table', []],
  ['fee.table', [{ basisPoints: 10_001 }]],
  ['fee.table', [{ basisPoints: 300, productType: 'api' }]],
  ['fee.table', [{ basisPoints: 1_000 }, { basisPoints: 300, from: '2023-02-30' }]],
  ['withdrawal.bankEtaWorkingDays', [2, 1]],
  ['subsidy.earnedBefore', '2022-02-30'],
])('GEN-3: %s refuses %j', (key, value) => {
  expect(() => parsePolicy({ [key]: value })).toThrow(`  ${key}`);
});

test.each([[null], [[]], ['text'], [5]])('GEN-3: %j is no set of policies', (overrides) => {
  expect(() => parsePolicy(overrides)).toThrow('The policies are not usable');
});

test('GEN-3: an order and its delivery carry a snapshot that is plain JSON', () => {
  const snapshot = orderPolicy(parsePolicy());
  expect(snapshot).toEqual({
    payWithinMs: 3 * DAY_MS,
    autoConfirmAfterMs: 15 * DAY_MS,
    instance: { destroyAfterMs: 7 * DAY_MS, unansweredAfterMs: 3_600_000 },
    delivery: {
      providerStallMs: 5 * DAY_MS,
      requirementRejections: 3,
      acceptanceRejections: 3,
      autoAcceptAfterMs: 30 * DAY_MS,
      startWithinMs: 15 * DAY_MS,
      providerRemindersMs: [3 * DAY_MS, 5 * DAY_MS],
      acceptanceRemindersMs: [7 * DAY_MS, 3 * DAY_MS, DAY_MS],
      requirementRemindersMs: [3 * DAY_MS, 7 * DAY_MS, 30 * DAY_MS],
      requirementTaskAfterMs: 90 * DAY_MS,
      implementingEscalationsMs: [15 * DAY_MS, 30 * DAY_MS],
      operationsRemindersMs: [DAY_MS, 3 * DAY_MS, 7 * DAY_MS],
      appealTarget: { kind: 'workingDays', days: 3 },
    },
  });
  expect(JSON.parse(JSON.stringify(snapshot))).toEqual(snapshot);
  expect(snapshot.delivery).toEqual(deliveryPolicy(parsePolicy()));
});

describe('GEN-3: POLICY_FILE', () => {
  const directory = mkdtempSync(join(tmpdir(), 'policy-'));
  afterAll(() => rmSync(directory, { recursive: true }));
  const fileWith = (content: string) => {
    const file = join(directory, 'policy.json');
    writeFileSync(file, content);
    return file;
  };

  test('none: the defaults', () => {
    expect(loadPolicy({ POLICY_FILE: undefined })).toEqual(parsePolicy());
  });

  test('overrides what it names', () => {
    const policy = loadPolicy({ POLICY_FILE: fileWith('{"order.payWithin": "1 minute"}') });
    expect(policy['order.payWithin']).toEqual({ kind: 'elapsed', ms: 60_000 });
  });

  test.each([
    ['is missing', () => join(directory, 'nowhere.json')],
    ['is no JSON', () => fileWith('{')],
    ['has an unknown key', () => fileWith('{"a.b": 1}')],
  ])('%s: the error names the file', (_, file) => {
    const path = file();
    expect(() => loadPolicy({ POLICY_FILE: path })).toThrow(`POLICY_FILE ${path}: `);
  });
});
