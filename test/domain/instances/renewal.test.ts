import type { Purchase } from '../../../domain/instances/protocol';
import { type RenewalFacts, renewalOf } from '../../../domain/instances/renewal';
import type { InstanceStage } from '../../../domain/instances/state';
import { newInstance } from '../../../domain/instances/transitions';
import { instancePolicy, parsePolicy } from '../../../domain/policies/catalogue';
import { purchaseOf } from '../../factories/instances';

const terms = { instanceId: 'ins_1', policy: instancePolicy(parsePolicy()) };
const WISH = { productId: 'prd_1', specName: '基础版' };
const facts = (
  stage: InstanceStage,
  changes: Partial<Purchase> = {},
  more: Partial<RenewalFacts> = {},
): RenewalFacts => ({
  ...{ productId: 'prd_1', isGivenBack: false },
  state: { ...newInstance(terms, purchaseOf('ord_1', changes), 0), stage, expiresAtMs: 1_000 },
  ...more,
});
const TRIAL = { isTrial: true };

describe('INS-4: what an order is to an instance', () => {
  test.each<[string, RenewalFacts, typeof WISH, string]>([
    ['more of the same while it runs', facts('active'), WISH, 'renewal'],
    ['more of the same after its end', facts('expired'), WISH, 'renewal'],
    ['a trial that becomes formal', facts('active', TRIAL), WISH, 'trial_to_formal'],
    [
      'a trial that becomes formal, in another spec',
      facts('expired', TRIAL),
      { ...WISH, specName: '专业版' },
      'trial_to_formal',
    ],
  ])('%s', (_, found, wish, scene) => {
    expect(renewalOf(found, wish)).toEqual({ scene });
  });

  const endless = facts('active');
  test.each<[string, RenewalFacts, typeof WISH, string]>([
    ['another product', facts('active'), { ...WISH, productId: 'prd_2' }, 'another product'],
    ['another spec', facts('active'), { ...WISH, specName: '专业版' }, 'spec'],
    ['one that is not ready', facts('creating'), WISH, 'not ready'],
    ['one that is being destroyed', facts('destroying'), WISH, 'destroyed'],
    ['one that is destroyed', facts('destroyed', TRIAL), WISH, 'destroyed'],
    ['one whose order is being refunded', facts('active', {}, { isGivenBack: true }), WISH, 'refunded'],
    ['one without an end', { ...endless, state: { ...endless.state, expiresAtMs: null } }, WISH, 'no end'],
  ])('nothing of %s', (_, found, wish, why) => {
    expect(renewalOf(found, wish)).toEqual({ refused: expect.stringContaining(why) });
  });
});
