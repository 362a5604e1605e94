import { parseDuration } from '../../../domain/policies/duration';

describe('GEN-3: durations are written as text', () => {
  test.each([
    ['5 days', { kind: 'elapsed', ms: 432_000_000 }],
    ['1 day', { kind: 'elapsed', ms: 86_400_000 }],
    ['72 hours', { kind: 'elapsed', ms: 259_200_000 }],
    ['90 minutes', { kind: 'elapsed', ms: 5_400_000 }],
    ['2 seconds', { kind: 'elapsed', ms: 2_000 }],
    ['1 second', { kind: 'elapsed', ms: 1_000 }],
    ['250 milliseconds', { kind: 'elapsed', ms: 250 }],
    ['7 working days', { kind: 'workingDays', days: 7 }],
    ['1 working day', { kind: 'workingDays', days: 1 }],
  ])('%s', (text, duration) => {
    expect(parseDuration(text)).toEqual(duration);
  });

  test.each([
    '',
    '5',
    'days',
    '5days',
    '5  days',
    ' 5 days',
    '-5 days',
    '1.5 days',
    '5 weeks',
    '5 Days',
    '0 days',
    '0 working days',
    '36501 days',
    '2501 working days',
    '999999999999999 days',
    '5 days\n',
  ])('%j is refused', (text) => {
    expect(() => parseDuration(text)).toThrow(RangeError);
  });
});
