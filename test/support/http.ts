/** What a request was answered; `body` is the parsed JSON, or the text where it is none. */
export type Answer = { status: number; headers: Headers; body: unknown };

/** One request with its answer, for whoever watches. */
export type Exchange = { method: string; path: string; answer: Answer };

type Headings = Record<string, string>;
type Body = string | FormData | Uint8Array<ArrayBuffer>;

/** Somebody who speaks HTTP with the API: their token goes along with every request. */
export interface HttpClient {
  get(path: string, headers?: Headings): Promise<Answer>;
  post(path: string, body?: unknown, headers?: Headings): Promise<Answer>;
  put(path: string, body: unknown, headers?: Headings): Promise<Answer>;
  /** Uploads one file as the form field `file`. */
  upload(path: string, name: string, content: string | Uint8Array<ArrayBuffer>, headers?: Headings): Promise<Answer>;
  /** Any request, its body as it is. */
  send(method: string, path: string, init?: { body?: Body; headers?: Headings }): Promise<Answer>;
}

/**
 * @param base where the API listens, asked at every request
 * @param token sent as bearer token, unless null
 * @param watch told of every exchange
 */
export function httpClient(
  base: () => string,
  token: string | null,
  watch: (exchange: Exchange) => void = () => undefined,
): HttpClient {
  const authorization: Headings = token === null ? {} : { authorization: `Bearer ${token}` };

  async function send(method: string, path: string, { body, headers = {} }: { body?: Body; headers?: Headings } = {}) {
    const response = await fetch(`${base()}${path}`, {
      method,
      headers: { ...authorization, ...headers },
      redirect: 'manual',
      ...(body === undefined ? {} : { body }),
    });
    const answer = { status: response.status, headers: response.headers, body: parsed(await response.text()) };
    watch({ method, path, answer });
    return answer;
  }

  const sendJson =
    (method: string) =>
    (path: string, body?: unknown, headers: Headings = {}) =>
      body === undefined
        ? send(method, path, { headers })
        : send(method, path, {
            body: JSON.stringify(body),
            headers: { 'content-type': 'application/json', ...headers },
          });

  return {
    send,
    get: (path, headers = {}) => send('GET', path, { headers }),
    post: sendJson('POST'),
    put: sendJson('PUT'),
    upload(path, name, content, headers = {}) {
      const body = new FormData();
      body.append('file', new Blob([content]), name);
      return send('POST', path, { body, headers });
    },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The header that makes a POST one command however often it is sent. */
export const key = (value: string): Headings => ({ 'idempotency-key': value });
