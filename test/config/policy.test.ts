import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadPolicy } from '../../config/policy';

const folder = mkdtempSync(path.join(tmpdir(), 'policies-'));
afterAll(() => rmSync(folder, { recursive: true }));

function load(content: string) {
  const file = path.join(folder, 'policies.json');
  writeFileSync(file, content);
  return loadPolicy({ POLICY_FILE: file });
}

describe('GEN-3: POLICY_FILE overrides single policies, and a bad one refuses to start', () => {
  test('without a file, and with an empty one, the defaults hold', () => {
    const defaults = loadPolicy({ POLICY_FILE: undefined });
    expect(defaults['delivery.providerStall']).toEqual({ kind: 'elapsed', ms: 5 * 86_400_000 });
    expect(load('{}')).toEqual(defaults);
  });

  test('what it names is as it says, the rest as by default', () => {
    const policy = load('{"delivery.providerStall": "2 seconds", "delivery.acceptanceRejections": 5}');
    expect(policy['delivery.providerStall']).toEqual({ kind: 'elapsed', ms: 2_000 });
    expect(policy['delivery.acceptanceRejections']).toBe(5);
    expect(policy['order.payWithin']).toEqual({ kind: 'elapsed', ms: 72 * 3_600_000 });
  });

  test.each<[string, string, string]>([
    ['an unknown key', '{"delivery.providerStahl": "5 days"}', 'delivery.providerStahl'],
    ['a bad duration', '{"delivery.providerStall": "five days"}', 'delivery.providerStall'],
    ['a number where a duration is meant', '{"order.payWithin": 72}', 'order.payWithin'],
    ['working days where a clock runs', '{"delivery.autoAcceptAfter": "30 working days"}', 'delivery.autoAcceptAfter'],
    ['never', '{"delivery.requirementRejections": 0}', 'delivery.requirementRejections'],
    [
      'reminders in the wrong order',
      '{"delivery.providerReminders": ["5 days", "3 days"]}',
      'delivery.providerReminders',
    ],
    ['an array', '[]', 'policies'],
    ['a text', '"5 days"', 'policies'],
    ['half a file', '{"order.payWithin": ', 'policies.json'],
    ['nothing', '', 'policies.json'],
  ])('of %s the refusal names the file and the fault', (_, content, fault) => {
    expect(() => load(content)).toThrow(/^POLICY_FILE .*policies\.json: [\s\S]*/);
    expect(() => load(content)).toThrow(fault);
  });

  test('a file that is not there is named', () => {
    const file = path.join(folder, 'missing.json');
    expect(() => loadPolicy({ POLICY_FILE: file })).toThrow(`POLICY_FILE ${file}`);
    expect(() => loadPolicy({ POLICY_FILE: folder })).toThrow(`POLICY_FILE ${folder}`);
  });
});
