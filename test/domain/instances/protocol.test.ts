import { createHash } from 'node:crypto';
import { outcomeOf } from '../../../domain/instances/answers';
import {
  callBody,
  PROVIDER_ACTIONS,
  requiredActions,
  signedText,
  verification,
} from '../../../domain/instances/protocol';

const parties = { instanceId: 'ins_1', orderId: 'ord_1', buyerId: 'usr_1', productId: 'prd_1' };
const purchase = {
  orderId: 'ord_2',
  productName: '客户管理',
  specName: '基础版',
  span: { amount: 3, unit: 'month' as const },
  isTrial: false,
};
const content = { signId: 'abc', purchase, expiresAtMs: Date.parse('2026-03-01T00:00:00+08:00') };
const productInfo = {
  productName: '客户管理',
  isTrial: false,
  spec: '基础版',
  timeSpan: 3,
  timeUnit: 'm',
  cycleNum: 1,
};
const common = { requestId: 'r-1', accountId: 'usr_1', openId: 'usr_1', productId: 'prd_1' };

describe('INS-1: what is signed', () => {
  test('token, timestamp and event id are sorted by their characters and joined', () => {
    expect(signedText('token', '1700000000', '42')).toBe('170000000042token');
    expect(signedText('0token', '1700000000', '9')).toBe('0token17000000009');
    expect(
      createHash('sha256')
        .update(signedText('abc', '1', '2'))
        .digest('hex'),
    ).toBe(createHash('sha256').update('12abc').digest('hex'));
  });
});

describe('INS-2, INS-3, INS-4: what a call says', () => {
  test('each call has the fields of the protocol', () => {
    expect(verification('r-1', 'echo')).toEqual({ action: 'verifyInterface', requestId: 'r-1', echoback: 'echo' });
    expect(callBody('createInstance', 'r-1', parties, { ...content, signId: null })).toEqual({
      ...{ action: 'createInstance', ...common, orderId: 'ord_1', resourceId: 'ins_1', productInfo },
      extendInfo: { comment: '' },
    });
    const renewal = { orderId: 'ord_2', resourceId: 'ins_1', productInfo, signId: 'abc' };
    for (const action of ['renewInstance', 'modifyInstance'] as const) {
      const expected = { action, ...common, ...renewal, instanceExpireTime: '2026-03-01 00:00:00' };
      expect(callBody(action, 'r-1', parties, content)).toEqual(expected);
    }
    expect(callBody('expireInstance', 'r-1', parties, content)).toEqual({
      ...{ action: 'expireInstance', ...common, signId: 'abc' },
    });
    expect(callBody('destroyInstance', 'r-1', parties, content)).toEqual({
      ...{ action: 'destroyInstance', ...common, signId: 'abc', orderId: 'ord_1' },
    });
  });

  test('an instance that was never ready is named by its order, with "0" for its id', () => {
    const body = callBody('destroyInstance', 'r-1', parties, { ...content, signId: null });
    expect(body).toMatchObject({ signId: '0', orderId: 'ord_1' });
  });

  test('what has no end names no instant of expiry', () => {
    expect(callBody('modifyInstance', 'r-1', parties, { ...content, expiresAtMs: null })).not.toHaveProperty(
      'instanceExpireTime',
    );
  });
});

describe('INS-2, INS-3, INS-4: what is taken for an answer', () => {
  const create = (answer: unknown) => outcomeOf('createInstance', answer, null);

  test('the same echoback verifies an interface, and nothing else does', () => {
    expect(outcomeOf('verifyInterface', { echoback: 'x' }, 'x')).toEqual({ is: 'done' });
    expect(outcomeOf('verifyInterface', { echoback: 'y' }, 'x')).toMatchObject({ is: 'malformed' });
    expect(outcomeOf('verifyInterface', {}, 'x')).toMatchObject({ is: 'malformed' });
  });

  test('an id of at most 11 characters makes an instance, "0" is not ready', () => {
    const access = { website: null, authUrl: null, additionalInfo: [] };
    expect(create({ signId: 'a'.repeat(11) })).toEqual({ is: 'created', signId: 'a'.repeat(11), access });
    expect(create({ signId: 'a'.repeat(12) })).toMatchObject({ is: 'malformed', faults: [{ path: 'signId' }] });
    expect(create({ signId: '' })).toMatchObject({ is: 'malformed' });
    expect(create({ signId: '0' })).toEqual({ is: 'not_ready' });
    expect(create({ signId: '0', appInfo: { website: 'soon' } })).toEqual({ is: 'not_ready' });
    expect(create(null)).toMatchObject({ is: 'malformed' });
  });

  test('only web addresses are shown to a buyer', () => {
    const appInfo = { website: 'https://app.example/', authUrl: '' };
    expect(create({ signId: '1', appInfo, additionalInfo: [{ name: 'user', value: 'u' }] })).toMatchObject({
      access: { website: 'https://app.example/', authUrl: null, additionalInfo: [{ name: 'user', value: 'u' }] },
    });
    expect(create({ signId: '1', appInfo: { website: 'javascript:alert(1)' } })).toMatchObject({ is: 'malformed' });
  });

  test('every other call is done by success "true", and by nothing else', () => {
    for (const action of PROVIDER_ACTIONS.slice(2)) {
      expect(outcomeOf(action, { success: 'true' }, null)).toEqual({ is: 'done' });
      expect(outcomeOf(action, { success: 'false' }, null)).toEqual({ is: 'declined' });
      expect(outcomeOf(action, { success: 'yes' }, null)).toMatchObject({ is: 'malformed' });
      expect(outcomeOf(action, [], null)).toMatchObject({ is: 'malformed' });
    }
  });
});

test('INS-5: modify must have passed where there is a trial', () => {
  expect(requiredActions(false)).toEqual(['createInstance', 'renewInstance', 'expireInstance', 'destroyInstance']);
  expect(requiredActions(true)).toContain('modifyInstance');
});
