import {
  GRADES,
  type Grade,
  PRODUCT_STATUSES,
  PRODUCT_TYPES,
  type ProductStatus,
} from '../../../domain/products/kinds';
import {
  allowedProductActions,
  isLegal,
  isReviewed,
  needsSecurityCheck,
  PRODUCT_OPERATIONS,
  PRODUCT_RULES,
  type ProductFacts,
} from '../../../domain/products/rules';

/** What PRD-3 permits, written without a look at the code: statuses × operations, and grades. */
const SPECIFIED = `
             publish modify delist relist upgrade downgrade exit
unpublished  yes     .      .      .      .       .         .
published    .       yes    yes    .      bazaar  certified .
delisted     .       yes    .      yes    bazaar  certified yes
exited       .       .      .      .      .       .         .
`;
const [header = [], ...rows] = SPECIFIED.trim()
  .split('\n')
  .map((line) => line.trim().split(/\s+/));
const cells = rows.flatMap(([status = '', ...row]) =>
  row.flatMap((rule, n) => GRADES.map((grade) => ({ status, operation: header[n] ?? '', grade, rule }))),
);

const facts = (status: ProductStatus, grade: Grade, inReview = false): ProductFacts => ({ status, grade, inReview });
const everyFacts = PRODUCT_STATUSES.flatMap((status) => GRADES.map((grade) => facts(status, grade)));

describe('PRD-3: which operation is possible where', () => {
  test.each(cells)('$status, $grade: $operation', ({ status, grade, operation, rule }) => {
    const found = everyFacts.find((one) => one.status === status && one.grade === grade);
    const known = PRODUCT_OPERATIONS.find((one) => one === operation);
    if (found === undefined || known === undefined) throw new Error(`unreadable cell ${status}/${operation}`);
    expect(isLegal(found, known)).toBe(rule === 'yes' || rule === grade);
    expect(allowedProductActions(found).includes(`provider.${known}`)).toBe(rule === 'yes' || rule === grade);
  });

  test('the table above knows every status and operation', () => {
    expect(cells).toHaveLength(PRODUCT_STATUSES.length * PRODUCT_OPERATIONS.length * GRADES.length);
  });

  test('every status can be reached, and only the exit is without a way out', () => {
    const reached = new Set(['unpublished/bazaar', 'unpublished/certified']);
    for (let size = 0; size < reached.size; ) {
      size = reached.size;
      for (const now of everyFacts.filter(({ status, grade }) => reached.has(`${status}/${grade}`))) {
        for (const operation of PRODUCT_OPERATIONS.filter((one) => isLegal(now, one))) {
          const after = { ...now, ...PRODUCT_RULES[operation].changes };
          reached.add(`${after.status}/${after.grade}`);
        }
      }
    }
    expect(reached.size).toBe(everyFacts.length);
    for (const now of everyFacts) expect(allowedProductActions(now).length === 0).toBe(now.status === 'exited');
  });
});

test('PRD-4: nothing is possible while an application is in review', () => {
  for (const { status, grade } of everyFacts) expect(allowedProductActions(facts(status, grade, true))).toEqual([]);
});

describe('PRD-5, PRD-6: what is reviewed', () => {
  test('what the policy says', () => {
    for (const operation of PRODUCT_OPERATIONS) {
      expect(isReviewed('api', operation, ['delist'])).toBe(operation === 'delist');
    }
  });

  test('PRD-6: an image that is published or modified is checked, whatever the policy says', () => {
    for (const type of PRODUCT_TYPES) {
      for (const operation of PRODUCT_OPERATIONS) {
        const isChecked = type === 'image' && (operation === 'publish' || operation === 'modify');
        expect(needsSecurityCheck(type, operation)).toBe(isChecked);
        expect(isReviewed(type, operation, [])).toBe(isChecked);
      }
    }
  });
});
