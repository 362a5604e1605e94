import type { z } from 'zod';
import type { Access } from './access';
import type { PrincipalRole } from './auth';
import type { CommandRequest } from './command-request';
import { type ApiContext, nothing, post } from './endpoint';
import type { CommandRecord } from './idempotency';
import { byId } from './schemas';

/** Adds one operation, `POST /v1/{role}/{objects}/{id}/{path}`: its body, and the command that makes of it. */
export type Operation<Role extends PrincipalRole, Details> = <B extends z.ZodType>(
  role: Role,
  path: string,
  summary: string,
  body: B,
  detailsOf: (body: z.output<B>, command: CommandRecord) => Details,
) => void;

/** How people operate on the objects of a subject: each operation is one command to the object's workflow. */
export type Operations<Role extends PrincipalRole, Details> = {
  /** As the path has it, e.g. `refunds`. */
  objects: string;
  tag: string;
  accessOf: Record<Role, Access>;
  /** The object as the command has left it: the answer follows from its step alone. */
  schema: z.ZodType;
  perform: (id: string, call: CommandRequest, details: Details) => Promise<unknown>;
};

export const operationsOn =
  <Role extends PrincipalRole, Details>(
    context: ApiContext,
    { objects, tag, accessOf, schema, perform }: Operations<Role, Details>,
  ): Operation<Role, Details> =>
  (role, path, summary, body, detailsOf) =>
    post(context, {
      path: `/v1/${role}/${objects}/{id}/${path}`,
      summary,
      tag,
      access: accessOf[role],
      params: byId,
      query: nothing,
      body,
      answer: { status: 200, schema },
      isRebuilt: true,
      handle: (call) => perform(call.params.id, call, detailsOf(call.body, call.command)),
    });
