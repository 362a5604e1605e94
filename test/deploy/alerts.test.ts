import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Registry } from 'prom-client';
import { parse } from 'yaml';
import { z } from 'zod';
import { paymentMetrics } from '../../api/payments/metrics';
import { openDatabase } from '../../prisma/store/shared/database';
import { notificationMetrics } from '../../worker/notification-metrics';

const ROOT = path.join(__dirname, '..', '..');

const rule = z.strictObject({
  alert: z.string(),
  expr: z.string(),
  for: z.string().optional(),
  labels: z.strictObject({ severity: z.enum(['critical', 'warning']) }),
  annotations: z.strictObject({ summary: z.string(), description: z.string() }),
});
const file = z.strictObject({ groups: z.array(z.strictObject({ name: z.string(), rules: z.array(rule) })) });
const rules = file
  .parse(parse(readFileSync(path.join(ROOT, 'deploy', 'alerts.yml'), 'utf8')))
  .groups.flatMap((group) => group.rules);

/** The metrics that the API and the worker serve, and those that activities count. */
function served(): Set<string> {
  const registry = new Registry();
  const db = openDatabase('postgresql://nobody@127.0.0.1:1/nothing', 1);
  paymentMetrics(registry, db);
  notificationMetrics(registry, db);
  const activities = path.join(ROOT, 'activities');
  const sources = readdirSync(activities, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const counted = sources.flatMap((name) =>
    [...readFileSync(path.join(activities, name), 'utf8').matchAll(/createCounter\('(\w+)'/g)].map(
      ([, one]) => one ?? '',
    ),
  );
  return new Set([...registry.getMetricsAsArray().map(({ name }) => name), ...counted]);
}

test.each(rules.map(({ alert, expr }) => [alert, expr]))('%s asks for metrics that are served', (_, expr) => {
  // Functions, keywords and labels are single words; every metric has several.
  const asked = expr.match(/\b[a-z]+(_[a-z]+)+\b/g) ?? [];
  expect(asked).not.toEqual([]);
  expect([...served()]).toEqual(expect.arrayContaining(asked));
});

test('GEN-5: there is an alert for all that stops by itself until somebody acts', () => {
  expect(rules.map(({ alert }) => alert).sort()).toEqual([
    'InconsistentRecords',
    'NoticeWithoutRecipient',
    'NotificationChannelPaused',
    'PaymentCallbacksNotHandled',
    'PaymentsNotObserved',
    'RefundNotTaken',
    'RefundRefused',
  ]);
});
