// An example of a provider's side of automatic delivery: plain Node, nothing to install.
//
//   DELIVERY_TOKEN=my-secret-token node examples/provider/server.mjs
//
// README.md beside this file says what it does, and how to try it.

import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import { pathToFileURL } from 'node:url';

const SIGNATURE_SECONDS = 30;
const BODY_MAX_BYTES = 64 * 1024;

/** Whether a request comes from the marketplace: signed with our token, less than 30 seconds ago. */
export function isSigned(query, token, nowMs) {
  const [signature, timestamp, eventId] = ['signature', 'timestamp', 'eventId'].map((name) => query.get(name) ?? '');
  if (!/^\d+$/.test(timestamp) || !/^\d+$/.test(eventId)) return false;
  if (Math.abs(nowMs / 1_000 - Number(timestamp)) > SIGNATURE_SECONDS) return false;
  const text = [token, timestamp, eventId].sort().join('');
  const expected = createHash('sha256').update(text).digest('hex');
  return signature.length === expected.length && timingSafeEqual(Buffer.from(signature), Buffer.from(expected));
}

/**
 * The instances that this server has made, in memory: a real one keeps them in its database.
 * @param creationMs how long making an instance takes; until then "0" is answered
 */
export function createInstances({ website, creationMs = 0, now = Date.now }) {
  /** By our own id, which is the signId. */
  const instances = new Map();
  /** What was answered to a request: a call that is tried again has the same requestId, and must not be done twice. */
  const answers = new Map();
  let count = 0;

  const DONE = { success: 'true' };
  const FAILED = { success: 'false' };

  function create({ orderId, productInfo, requestId }) {
    const known = [...instances.values()].find((one) => one.requestId === requestId);
    if (known === undefined) count += 1;
    const instance = known ?? {
      signId: `i${count}`,
      requestId,
      orderId,
      ...termsOf(productInfo),
      readyMs: now() + creationMs,
    };
    instances.set(instance.signId, instance);
    if (now() < instance.readyMs) return { signId: '0' };
    instance.status = 'running';
    return {
      signId: instance.signId,
      appInfo: { website, authUrl: `${website}login?instance=${instance.signId}` },
      additionalInfo: [{ name: 'user', value: 'admin' }],
    };
  }

  const termsOf = ({ spec, isTrial }) => ({ spec, isTrial });

  /** Changes an instance; one that there is none of cannot be changed. */
  function change({ signId }, changes) {
    const instance = instances.get(signId);
    if (instance === undefined) return FAILED;
    Object.assign(instance, changes);
    return DONE;
  }

  const actions = {
    verifyInterface: ({ echoback }) => ({ echoback }),
    createInstance: create,
    renewInstance: (call) => change(call, { status: 'running', expiresAt: call.instanceExpireTime }),
    modifyInstance: (call) =>
      change(call, { status: 'running', expiresAt: call.instanceExpireTime, ...termsOf(call.productInfo) }),
    expireInstance: (call) => change(call, { status: 'expired' }),
    destroyInstance({ signId, orderId }) {
      // "0": refunded before it was ready. What is there already is found by its order.
      const found =
        signId === '0' ? [...instances.values()].find((one) => one.orderId === orderId) : instances.get(signId);
      // What is not there needs no destruction.
      if (found !== undefined) found.status = 'destroyed';
      return DONE;
    },
  };

  return {
    /** Does what a call asks for, once; null where it asks for nothing that is known. */
    perform(call) {
      if (!Object.hasOwn(actions, call.action)) return null;
      const done = answers.get(call.requestId);
      if (done !== undefined) return done;
      const answer = actions[call.action](call);
      // "Not ready" is no answer for good.
      if (answer.signId !== '0') answers.set(call.requestId, answer);
      return answer;
    },
  };
}

/** Reads a JSON object, as far as it is not too long; null where there is none. */
async function readJson(request) {
  const chunks = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > BODY_MAX_BYTES) return null;
    chunks.push(chunk);
  }
  try {
    const body = JSON.parse(Buffer.concat(chunks).toString());
    return typeof body === 'object' && body !== null ? body : null;
  } catch {
    return null;
  }
}

/** A server that takes the marketplace's calls. */
export function createProvider({ token, website = 'https://app.example.com/', creationMs = 0, now = Date.now }) {
  const service = createInstances({ website, creationMs, now });
  return createServer(async (request, response) => {
    const answer = (status, body) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    try {
      const { searchParams } = new URL(request.url ?? '/', 'http://provider');
      if (request.method !== 'POST') return answer(405, { error: 'only POST is taken' });
      if (!isSigned(searchParams, token, now())) return answer(401, { error: 'the signature is wrong or too old' });
      const call = await readJson(request);
      const done = call === null ? null : service.perform(call);
      return done === null ? answer(400, { error: 'unknown action' }) : answer(200, done);
    } catch (error) {
      console.error(error);
      return answer(500, { error: 'something went wrong' });
    }
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { DELIVERY_TOKEN: token, PORT: port = '8080', CREATION_SECONDS: seconds = '0' } = process.env;
  if (!token) {
    console.error('Set DELIVERY_TOKEN to the token that you give the marketplace.');
    process.exit(1);
  }
  const server = createProvider({ token, creationMs: Number(seconds) * 1_000 });
  server.listen(Number(port), () => console.log(`Taking the marketplace's calls at http://localhost:${port}/`));
}
