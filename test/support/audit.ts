import { z } from 'zod';
import type { Api } from './api';

/** What changes nothing that anybody would ask about: whose own it is. */
const OF_NO_ACCOUNT = [/^\/v1\/me\/messages\//, /^\/v1\/(sandbox|gateway)\//];

const request = z.object({ requestId: z.string(), method: z.string(), route: z.string(), status: z.number() });

/** The commands that were carried out and of which no request left a step (AUD-1), as the log names their routes. */
export async function unaudited({ db, logs }: Pick<Api, 'db' | 'logs'>): Promise<string[]> {
  const audited = new Map<string, boolean>();
  for (const line of logs) {
    const { data } = request.safeParse(line);
    if (line.msg !== 'request' || data === undefined || !['POST', 'PUT'].includes(data.method) || data.status >= 300)
      continue;
    if (!data.route.startsWith('/v1/') || OF_NO_ACCOUNT.some((pattern) => pattern.test(data.route))) continue;
    const name = `${data.method} ${data.route}`;
    if (audited.get(name)) continue;
    audited.set(name, (await db.step.count({ where: { requestId: data.requestId } })) > 0);
  }
  return [...audited].flatMap(([name, isAudited]) => (isAudited ? [] : [name]));
}
