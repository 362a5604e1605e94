import type { z } from 'zod';
import type { reviewSchema } from '../../../api/reviews/schemas';
import { openText } from '../../../codec/keys';
import { placeOf } from '../../../codec/places';
import { keyClient, subAccount } from '../../factories/accounts';
import { type Api, startApi } from '../../support/api';
import { bodyOf } from '../../support/story';

type Ticket = z.infer<typeof reviewSchema>;

let api: Api;
beforeAll(async () => {
  api = await startApi();
  bodyOf(await api.provider.put('/v1/provider/account/payee', PAYEE), 200);
  const contact = { name: '钱会计', email: 'finance@demo.example' };
  bodyOf(await api.provider.post('/v1/provider/contacts', contact), 201);
});
afterAll(() => api.stop());

const COMPANY = '示例云服务有限公司';
const NUMBER = '6222021234567890123';
const OTHER_NUMBER = '62220298765432100123';
const PAYEE = {
  accountHolder: COMPANY,
  bankLocation: '广东省深圳市',
  bank: '示例银行',
  branch: '示例银行深圳科技园支行',
  accountNumber: NUMBER,
};
const LICENCE = '9144030071526726XG';
const TICKETS = '/v1/provider/tickets';
const SIGN = '/v1/provider/agreements/revenue_supplement/sign';

const payeeTicket = (change: object = {}, more: object = {}) => ({
  change: 'payee',
  payee: { ...PAYEE, accountNumber: OTHER_NUMBER, ...change },
  reason: '更换开户银行',
  ...more,
});
const licenceTicket = (licenceNumber = LICENCE) => ({
  change: 'licence_number',
  licenceNumber,
  reason: '换发了营业执照',
});
const asked = async (body: object) => bodyOf<Ticket>(await api.provider.post(TICKETS, body), 201);
const decide = (id: string, decision: 'approve' | 'reject', body?: object) =>
  api.ops.post(`/v1/ops/reviews/${id}/${decision}`, body);
const withdraw = (id: string, client = api.provider) => client.post(`${TICKETS}/${id}/withdraw`);
const account = async () =>
  bodyOf<{ payee: object; version: number }>(await api.provider.get('/v1/provider/account'), 200);
const trail = (objectId = 'prv_demo') => api.db.step.findMany({ where: { objectId }, orderBy: { sequence: 'asc' } });

describe('ACC-3: before the lock', () => {
  test('payee info is the provider’s to edit: a ticket is refused and leaves nothing', async () => {
    const refused = await api.provider.post(TICKETS, payeeTicket());
    expect(refused).toMatchObject({
      status: 409,
      body: { code: 'ACCOUNT.NOT_LOCKED', detail: expect.stringContaining('replace it in your account') },
    });
    expect([await api.db.review.count(), await api.db.proposal.count()]).toEqual([0, 0]);
  });

  test('signing and asking for a ticket at the same time: the ticket is taken only after the lock', async () => {
    const [signed, ticket] = await Promise.all([
      api.provider.post(SIGN, { revision: '2026-01' }),
      api.provider.post(TICKETS, payeeTicket()),
    ]);
    expect(signed.status).toBe(200);
    const { revenueAgreementAt } = await api.db.provider.findUniqueOrThrow({ where: { id: 'prv_demo' } });
    if (ticket.status === 409) expect(ticket.body).toMatchObject({ code: 'ACCOUNT.NOT_LOCKED' });
    else {
      const { id, submittedAt } = bodyOf<Ticket>(ticket, 201);
      expect(Date.parse(submittedAt)).toBeGreaterThanOrEqual((revenueAgreementAt?.getTime() ?? Infinity) - 1_000);
      bodyOf(await withdraw(id), 200);
    }
  });
});

describe('ACC-3: after the lock payee info changes by a ticket that operations approve', () => {
  test('asked for: operations see the difference, the numbers masked; nothing has changed yet', async () => {
    const ticket = await asked(payeeTicket({ bank: '第二银行' }));
    expect(ticket).toMatchObject({
      kind: 'account',
      operation: 'payee',
      status: 'in_review',
      title: COMPANY,
      deadlines: [{ name: 'review_target', outcome: 'escalated_to_managers' }],
    });
    const seen = bodyOf<Ticket>(await api.ops.get(`/v1/ops/reviews/${ticket.id}`), 200);
    expect(seen.diff).toEqual(
      expect.arrayContaining([
        { field: 'bank', before: '示例银行', after: '第二银行' },
        { field: 'isNewNumber', before: null, after: true },
        { field: 'reason', before: null, after: '更换开户银行' },
      ]),
    );
    expect(seen.base).toEqual({ ...PAYEE, accountNumber: '****0123' });
    expect(JSON.stringify([seen, ticket])).not.toContain(OTHER_NUMBER);
    expect((await account()).payee).toEqual(PAYEE);
    bodyOf(await withdraw(ticket.id), 200);
  });

  test('approved: it is in force at once, and the account’s trail shows by whom', async () => {
    const { id } = await asked(payeeTicket({ bank: '第二银行' }));
    const { version } = await account();
    expect(bodyOf<Ticket>(await decide(id, 'approve'), 200)).toMatchObject({ status: 'approved', allowedActions: [] });
    const { payee, version: after } = await account();
    expect(payee).toEqual({ ...PAYEE, bank: '第二银行', accountNumber: OTHER_NUMBER });
    expect(after).toBe(version + 1);
    const row = await api.db.provider.findUniqueOrThrow({ where: { id: 'prv_demo' } });
    expect(openText(api.keys, row.accountNumberSealed ?? new Uint8Array(), placeOf('accountNumber', row.id))).toBe(
      OTHER_NUMBER,
    );
    const steps = await trail();
    expect(steps.at(-1)).toMatchObject({
      action: 'account.payee',
      actorRole: 'ops',
      actorId: 'usr_ops_staff',
      providerId: 'prv_demo',
      runId: expect.any(String),
      note: id,
      stateAfter: { payee: { bank: '第二银行', accountNumber: '****0123' } },
    });
    for (const number of [NUMBER, OTHER_NUMBER]) {
      expect(JSON.stringify([steps, await trail(id)])).not.toContain(number);
      expect(JSON.stringify(await api.db.review.findMany({ omit: { sealed: true } }))).not.toContain(number);
      expect(JSON.stringify(api.logs)).not.toContain(number);
    }
    bodyOf(await decide((await asked(payeeTicket({ accountNumber: NUMBER }))).id, 'approve'), 200);
    expect((await account()).payee).toEqual(PAYEE);
  });

  test('ACC-6: a new number that ends as the one before is a change that the ticket asks for, and one of the trail', async () => {
    const alike = '88880000111122220123';
    const { id } = await asked(payeeTicket({ accountNumber: alike }));
    bodyOf(await decide(id, 'approve'), 200);
    const answer = await api.manager.get('/v1/ops/audit?objectId=prv_demo&action=account.payee&limit=1');
    const [line] = bodyOf<{ items: { changes: { field: string }[] }[] }>(answer, 200).items;
    expect(line?.changes.map(({ field }) => field)).toEqual(['payee.accountNumberFingerprint']);
    bodyOf(await decide((await asked(payeeTicket({ accountNumber: NUMBER }))).id, 'approve'), 200);
  });

  test('refused, or withdrawn: everything is as it was, and the provider reads why', async () => {
    const before = await account();
    const first = await asked(payeeTicket());
    const refused = bodyOf<Ticket>(await decide(first.id, 'reject', { reason: '缺少开户许可证' }), 200);
    expect(refused).toMatchObject({ status: 'rejected', reason: '缺少开户许可证' });
    expect(bodyOf(await api.provider.get(`${TICKETS}/${first.id}`), 200)).toMatchObject({ reason: '缺少开户许可证' });
    const second = await asked(payeeTicket());
    expect(bodyOf<Ticket>(await withdraw(second.id), 200)).toMatchObject({ status: 'withdrawn' });
    expect(await account()).toEqual(before);
    expect(await withdraw(second.id)).toMatchObject({ status: 409, body: { code: 'REVIEW.NOT_ALLOWED' } });
  });

  test('ACC-2: the holder must still be the company when the ticket is approved', async () => {
    const { id } = await asked(payeeTicket());
    await api.db.provider.update({ where: { id: 'prv_demo' }, data: { name: '改名后的有限公司' } });
    const refused = await decide(id, 'approve');
    await api.db.provider.update({ where: { id: 'prv_demo' }, data: { name: COMPANY } });
    expect(refused).toMatchObject({ status: 409, body: { code: 'ACCOUNT.HOLDER_MISMATCH' } });
    expect((await account()).payee).toEqual(PAYEE);
    expect(bodyOf<Ticket>(await api.provider.get(`${TICKETS}/${id}`), 200)).toMatchObject({ status: 'in_review' });
    bodyOf(await withdraw(id), 200);
  });

  test.each<[string, () => object, number, object]>([
    [
      'another holder',
      () => payeeTicket({ accountHolder: '张三' }),
      422,
      { errors: [{ path: 'body.payee.accountHolder' }] },
    ],
    [
      'half of the payee info',
      () => payeeTicket({ branch: undefined }),
      422,
      { errors: [{ path: 'body.payee.branch' }] },
    ],
    ['what is in force already', () => payeeTicket({ accountNumber: NUMBER }), 409, { code: 'ACCOUNT.UNCHANGED' }],
    ['no reason', () => payeeTicket({}, { reason: ' ' }), 422, { errors: [{ path: 'body.reason' }] }],
    [
      'a licence number beside',
      () => payeeTicket({}, { licenceNumber: LICENCE }),
      422,
      { errors: [{ path: 'body.licenceNumber' }] },
    ],
    [
      'a file that is not there',
      () => payeeTicket({}, { attachmentIds: ['att_x'] }),
      422,
      { code: 'ATTACHMENT.NOT_YOURS' },
    ],
    [
      'a change that there is none of',
      () => ({ change: 'name', reason: '改名' }),
      422,
      { errors: [{ path: 'body.change' }] },
    ],
  ])('%s is refused, and nothing is kept of it', async (_, body, status, refusal) => {
    const before = await api.db.review.count();
    const refused = await api.provider.post(TICKETS, body());
    const errors =
      'errors' in refusal ? { errors: [expect.objectContaining((refusal.errors as object[])[0])] } : refusal;
    expect(refused).toMatchObject({ status, body: errors });
    expect([await api.db.review.count(), await api.db.proposal.count()]).toEqual([before, 0]);
  });
});

describe('ACC-1: the licence number changes by ticket', () => {
  test('it changes from one that is right in form to another', async () => {
    const { id, diff } = await asked(licenceTicket(LICENCE.toLowerCase()));
    expect(diff).toEqual(
      expect.arrayContaining([{ field: 'licenceNumber', before: '91440300MA5DEM0019', after: LICENCE }]),
    );
    bodyOf(await decide(id, 'approve'), 200);
    expect(await account()).toMatchObject({ business: { licenceNumber: LICENCE } });
    expect((await trail()).at(-1)).toMatchObject({
      action: 'account.licence_number',
      note: id,
      stateAfter: { licenceNumber: LICENCE },
    });
    expect(await api.provider.post(TICKETS, licenceTicket())).toMatchObject({
      status: 409,
      body: { code: 'ACCOUNT.UNCHANGED' },
    });
  });

  test.each(['9144030071526726XH', '440301103448675', '', '9144030071526726X'])('"%s" is none', async (licence) => {
    expect(await api.provider.post(TICKETS, licenceTicket(licence))).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'body.licenceNumber' }] },
    });
  });
});

describe('ACC-3: one ticket at a time is open for each kind of data', () => {
  const OTHER_LICENCE = '91330100799655058B';

  test('of twenty at the same time one gets in; the other kind is not in its way', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => api.provider.post(TICKETS, payeeTicket())));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(19).fill(409)]);
    for (const { status, body } of answers)
      if (status === 409) expect(body).toMatchObject({ code: 'REVIEW.IN_REVIEW' });
    const licence = await asked(licenceTicket(OTHER_LICENCE));
    const open = bodyOf<{ items: Ticket[] }>(await api.provider.get(`${TICKETS}?status=in_review`), 200).items;
    expect(open.map(({ operation }) => operation).sort()).toEqual(['licence_number', 'payee']);
    expect(await api.db.proposal.count()).toBe(0);
    for (const { id } of open) bodyOf(await withdraw(id), 200);
    expect(licence.operation).toBe('licence_number');
  }, 60_000);

  test('approval, refusal and withdrawal at the same time: one of them, and the account as it says', async () => {
    for (let round = 0; round < 3; round += 1) {
      const { id } = await asked(payeeTicket({ bank: `第 ${round} 银行` }));
      const answers = await Promise.all([
        decide(id, 'approve'),
        withdraw(id),
        decide(id, 'reject', { reason: '否' }),
        withdraw(id),
        decide(id, 'approve'),
      ]);
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409]);
      const { status } = bodyOf<Ticket>(await api.provider.get(`${TICKETS}/${id}`), 200);
      const applied = (await trail()).filter(({ note }) => note === id);
      expect(applied).toHaveLength(status === 'approved' ? 1 : 0);
      expect((await account()).payee).toMatchObject(status === 'approved' ? { bank: `第 ${round} 银行` } : {});
      if (status !== 'approved') expect((await account()).payee).not.toMatchObject({ bank: `第 ${round} 银行` });
    }
  }, 60_000);

  test('the same request sent again is the same ticket', async () => {
    const headers = { 'idempotency-key': 'ticket-once' };
    const send = () => api.provider.post(TICKETS, licenceTicket(OTHER_LICENCE), headers);
    const answers = await Promise.all(Array.from({ length: 5 }, send));
    const ids = new Set(answers.map((answer) => bodyOf<Ticket>(answer, 201).id));
    expect(ids.size).toBe(1);
    for (const id of ids) bodyOf(await withdraw(id), 200);
  });
});

describe('ACC-3: what each reader sees of a ticket', () => {
  test('ACC-6: operations compare the numbers in full, and each look is in the account’s trail', async () => {
    const { id } = await asked(payeeTicket({ accountNumber: '95588001234567' }));
    const before = (await trail()).length;
    const numbers = await api.ops.get(`/v1/ops/tickets/${id}/account-numbers`);
    const { payee } = await account();
    expect(numbers).toMatchObject({
      status: 200,
      body: { id, proposed: '95588001234567', inForce: (payee as typeof PAYEE).accountNumber },
    });
    expect((await trail()).slice(before)).toMatchObject([
      {
        action: 'account.number_look',
        actorId: 'usr_ops_staff',
        providerId: 'prv_demo',
        note: id,
      },
    ]);
    bodyOf(await withdraw(id), 200);
    const licence = await asked(licenceTicket('91330100799655058B'));
    for (const none of [licence.id, 'tkt_unknown', 'prv_demo']) {
      expect((await api.ops.get(`/v1/ops/tickets/${none}/account-numbers`)).status).toBe(404);
    }
    expect((await trail()).length).toBe(before + 1);
    bodyOf(await withdraw(licence.id), 200);
  });

  test('files that come with it are for who uploaded them and for operations', async () => {
    const upload = await api.provider.upload('/v1/provider/attachments', '许可证.txt', '开户许可证');
    const file = bodyOf<{ id: string }>(upload, 201).id;
    expect((await api.ops.get(`/v1/ops/attachments/${file}`)).status).toBe(404);
    const { id } = await asked({ ...licenceTicket('91330100799655058B'), attachmentIds: [file] });
    expect((await api.ops.get(`/v1/ops/attachments/${file}`)).status).toBe(200);
    const staff = await subAccount(api, ['account']);
    expect((await staff.get(`/v1/provider/attachments/${file}`)).status).toBe(404);
    expect((await api.otherProvider.get(`/v1/provider/attachments/${file}`)).status).toBe(404);
    bodyOf(await withdraw(id), 200);
  });

  test('the area account asks and withdraws; no other review is withdrawn as a ticket', async () => {
    const staff = await subAccount(api, ['account']);
    const { id } = bodyOf<Ticket>(await staff.post(TICKETS, licenceTicket('91330100799655058B')), 201);
    expect((await withdraw(id, await subAccount(api, ['finance', 'shop']))).status).toBe(403);
    bodyOf(await withdraw(id, await keyClient(api, ['account'])), 200);
    for (const other of ['app_1', 'srv_1', 'tkt_1']) {
      expect(await withdraw(other, staff)).toMatchObject({ status: 404, body: { code: 'REVIEW.NOT_FOUND' } });
    }
  });
});
