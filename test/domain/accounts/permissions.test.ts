import { AREAS } from '../../../domain/accounts/areas';
import { askFor, isPermitted, type Need } from '../../../domain/accounts/permissions';

const NEEDS: readonly Need[] = [...AREAS, 'main', 'person', 'any'];

describe('ACC-0: what an access status permits', () => {
  test.each(NEEDS)('%s: the main account always may', (need) => {
    expect(isPermitted({ as: 'main', areas: [] }, need)).toBe(true);
  });

  test.each(AREAS)('%s: who was given it may, and who was given all others may not', (area) => {
    for (const as of ['sub', 'key'] as const) {
      expect(isPermitted({ as, areas: [area] }, area)).toBe(true);
      expect(isPermitted({ as, areas: AREAS.filter((other) => other !== area) }, area)).toBe(false);
    }
  });

  test('what is the main account’s is nobody else’s, and people’s is no key’s', () => {
    expect(isPermitted({ as: 'sub', areas: AREAS }, 'main')).toBe(false);
    expect(isPermitted({ as: 'key', areas: AREAS }, 'main')).toBe(false);
    expect(isPermitted({ as: 'key', areas: AREAS }, 'person')).toBe(false);
    expect(isPermitted({ as: 'sub', areas: [] }, 'person')).toBe(true);
  });

  test.each(NEEDS)('%s: a refusal says what to do', (need) => {
    expect(askFor(need)).toMatch(/\w+.*\.$/);
  });
});
