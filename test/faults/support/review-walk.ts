import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { ReviewOperation } from '../../../domain/reviews/commands';
import { contentOf } from '../../factories/products';
import type { Client } from './client';
import type { Post } from './deal';
import { inParallel } from './in-parallel';
import type { Choices } from './random';

/** What was answered of a review: the key of the application that got in, and of the one command that decided it. */
export type Reviewed = { id: string; operation: string; key: string; decision: ReviewOperation; decisionKey: string };

/** A product, and every review of it in their order. */
export type Applicant = { productId: string; reviews: Reviewed[] };

const application = z.object({ id: z.string(), objectId: z.string(), operation: z.string() });

const DECISIONS: readonly {
  action: ReviewOperation;
  role: Post['role'];
  pathOf: (id: string) => string;
  body: object;
}[] = [
  { action: 'ops.approve', role: 'ops', pathOf: (id) => `/ops/reviews/${id}/approve`, body: {} },
  {
    action: 'ops.reject',
    role: 'ops',
    pathOf: (id) => `/ops/reviews/${id}/reject`,
    body: { reason: '图片与商品不符' },
  },
  {
    action: 'provider.withdraw',
    role: 'provider',
    pathOf: (id) => `/provider/applications/${id}/withdraw`,
    body: {},
  },
];

/** Sends several commands at once, each until it is answered; all but one must be refused. Answers the one. */
async function race(client: Client, posts: readonly Post[]) {
  const answers = await inParallel(posts, posts.length, async (post) => ({ post, ...(await client.post(post)) }));
  const done = answers.filter(({ status }) => status < 300);
  const refused = answers.filter(({ status }) => status === 409);
  if (done.length !== 1 || refused.length !== posts.length - 1) {
    throw new Error(`Not one of them was done: ${JSON.stringify(answers)}`);
  }
  const [winner] = done;
  if (winner === undefined) throw new Error('Nobody won');
  return winner;
}

/** Publishes a product and goes on changing it: two applications at a time, and all decisions of each at once. */
export async function walkReviews(client: Client, logo: string, rounds: number, choices: Choices): Promise<Applicant> {
  const applicant: Applicant = { productId: '', reviews: [] };
  let isPublished = false;
  for (let round = 0; round < rounds; round += 1) {
    const { productId } = applicant;
    const content = contentOf('human_service', { logo, name: `商品 ${choices.between(1, 9_999)}` });
    const body = isPublished ? { content } : { content, grade: 'bazaar' };
    const paths = productId === '' ? [''] : Array(2).fill(`/${productId}/${isPublished ? 'modify' : 'publish'}`);
    const posts = paths.map(
      (path): Post => ({ role: 'provider', path: `/provider/products${path}`, body, key: randomUUID() }),
    );
    const submitted = await race(client, posts);
    const { id, objectId, operation } = application.parse(submitted.body);
    applicant.productId = objectId;

    const chosen = DECISIONS.filter(() => choices.chance(0.6));
    const decisions = (chosen.length > 0 ? chosen : DECISIONS).map(({ action, role, pathOf, body }) => ({
      action,
      post: { role, path: pathOf(id), body: { ...body }, key: randomUUID() },
    }));
    const decided = await race(
      client,
      decisions.map(({ post }) => post),
    );
    const decision = decisions.find(({ post }) => post === decided.post)?.action;
    if (decision === undefined) throw new Error('Nobody decided');
    applicant.reviews.push({ id, operation, key: submitted.post.key, decision, decisionKey: decided.post.key });
    isPublished ||= decision === 'ops.approve';
  }
  return applicant;
}
