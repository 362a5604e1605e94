import { signingAt, withNewSecret } from '../../../domain/webhooks/secrets';

const DAY_MS = 86_400_000;
const first = [{ secret: 'one', untilMs: null }];
const names = (secrets: { secret: string }[]) => secrets.map(({ secret }) => secret);

describe('MSG-3: a new secret signs beside the one before', () => {
  test('both secrets sign during the overlap, then the new one alone', () => {
    const rotated = withNewSecret(first, 'two', 0, DAY_MS);
    expect(names(signingAt(rotated, DAY_MS - 1))).toEqual(['two', 'one']);
    expect(names(signingAt(rotated, DAY_MS))).toEqual(['two']);
    expect(names(signingAt(rotated, 1_000 * DAY_MS))).toEqual(['two']);
  });

  test('a second rotation does not prolong the first secret', () => {
    const twice = withNewSecret(withNewSecret(first, 'two', 0, DAY_MS), 'three', DAY_MS / 2, DAY_MS);
    expect(names(signingAt(twice, DAY_MS / 2))).toEqual(['three', 'two', 'one']);
    expect(names(signingAt(twice, DAY_MS))).toEqual(['three', 'two']);
  });

  test('there are never more than three secrets, and the newest is one of them', () => {
    let secrets = first.map((secret) => ({ ...secret, untilMs: null as number | null }));
    for (let n = 0; n < 10; n += 1) secrets = withNewSecret(secrets, `s${n}`, n, DAY_MS);
    expect(names(secrets)).toEqual(['s9', 's8', 's7']);
  });
});
