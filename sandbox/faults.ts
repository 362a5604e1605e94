import type { Express } from 'express';
import { z } from 'zod';

/** What the next requests meet; each count is used up by the requests it hits. */
const faults = z.strictObject({
  /** Refunds that are answered 500 without sending the money. */
  failNextRefunds: z.number().int().min(0).default(0),
  /** Sent, but the answer is lost: 500. */
  loseNextAnswers: z.number().int().min(0).default(0),
  /** Never answered, and not sent. */
  hangNextRefunds: z.number().int().min(0).default(0),
  /** Sent, and never answered. */
  hangNextAnswers: z.number().int().min(0).default(0),
  /** Answered only after so many milliseconds, for as long as this is set. */
  answerAfterMs: z.number().int().min(0).default(0),
  /** Taken, with an outcome that is unknown until `PUT /refunds/{id}/outcome` says it. */
  holdNextRefunds: z.number().int().min(0).default(0),
  /** Refused for good; asked for again under the same id, it is tried again. */
  refuseNextRefunds: z.number().int().min(0).default(0),
  /** Questions about a refund that are answered 500. */
  failNextQueries: z.number().int().min(0).default(0),
  /** The share of refund requests that are answered 500, 0 to 1. */
  refundFailureRate: z.number().min(0).max(1).default(0),
  /** Questions about the payments of an order that are answered 500, … */
  failNextPolls: z.number().int().min(0).default(0),
  /** … never, */
  hangNextPolls: z.number().int().min(0).default(0),
  /** … with half a document, */
  garbleNextPolls: z.number().int().min(0).default(0),
  /** … with ten megabytes, */
  floodNextPolls: z.number().int().min(0).default(0),
  /** … with a signature of somebody else, */
  forgeNextPolls: z.number().int().min(0).default(0),
  /** … as another question was, whose answer is signed as it should be, */
  repeatNextPolls: z.number().int().min(0).default(0),
  /** … or with what is asked of another order. */
  confuseNextPolls: z.number().int().min(0).default(0),
});
type Faults = z.output<typeof faults>;
/** The faults that are used up. */
export type CountedFault = Exclude<keyof Faults, 'refundFailureRate' | 'answerAfterMs'>;

/** How the channel misbehaves at the moment. */
export type Misbehaviour = {
  now(): Faults;
  /** Whether a fault hits what is asked now; uses it up once. */
  uses(fault: CountedFault): boolean;
};

/** Serves `PUT /faults`, which says how the channel misbehaves from now on. */
export function faultRoutes(app: Express): Misbehaviour {
  let misbehaviour = faults.parse({});
  app.put('/faults', (request, response) => {
    const parsed = faults.safeParse(request.body);
    if (!parsed.success) return response.status(422).json({ message: z.prettifyError(parsed.error) });
    misbehaviour = parsed.data;
    return response.json(misbehaviour);
  });
  return {
    now: () => misbehaviour,
    uses(fault) {
      if (misbehaviour[fault] === 0) return false;
      misbehaviour[fault] -= 1;
      return true;
    },
  };
}
