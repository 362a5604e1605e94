import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type SmsInbox, startSmsInbox } from '../../sandbox/sms-inbox';

let inbox: SmsInbox;
let folder: string;
let file: string;
beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'sms-inbox-'));
  file = path.join(folder, 'sms.jsonl');
  inbox = await startSmsInbox({ port: 0, file });
});
afterEach(async () => {
  await inbox.stop();
  rmSync(folder, { recursive: true });
});

const json = (method: string, body: object) => ({
  method,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});
const send = (sms: object = {}) =>
  fetch(inbox.sendUrl, json('POST', { messageId: 'msg_1', to: '+8613800000001', text: '你好', ...sms }));
const fault = (body: object) => fetch(`${inbox.url}/api/faults`, json('PUT', body));
const messages = async (query = '') => (await fetch(`${inbox.url}/api/messages${query}`)).json();

test('the inbox keeps what it is sent, by receiver and across restarts', async () => {
  expect((await send()).status).toBe(201);
  await send({ to: '+8613800000002' });
  const found = [expect.objectContaining({ messageId: 'msg_1', to: '+8613800000001', text: '你好' })];
  expect(await messages('?to=%2B8613800000001')).toEqual(found);
  await inbox.stop();
  inbox = await startSmsInbox({ port: 0, file });
  expect(await messages()).toHaveLength(2);
  await fetch(`${inbox.url}/api/messages`, { method: 'DELETE' });
  expect(await messages()).toEqual([]);
});

test('its page shows messages as text only', async () => {
  await send({ text: '<script>alert(1)</script>' });
  const page = await (await fetch(inbox.url)).text();
  expect(page).toContain('&lt;script&gt;');
  expect(page).not.toContain('<script>');
});

test.each([
  ['a number that is not E.164', { to: '13800000001' }],
  ['a text that is too long', { text: 'x'.repeat(501) }],
  ['no text', { text: '' }],
  ['a dead number', { to: '+8613800000009' }],
])('it refuses %s for good', async (_, sms) => {
  await fault({ deadNumbers: ['+8613800000009'] });
  expect((await send(sms)).status).toBe(422);
  expect(await messages()).toEqual([]);
});

describe('the inbox misbehaves on demand, as often as is asked for', () => {
  test('it refuses a message for the moment and keeps nothing', async () => {
    await fault({ refuseNext: 1 });
    expect((await send()).status).toBe(503);
    expect((await send()).status).toBe(201);
    expect(await messages()).toHaveLength(1);
  });

  test('it keeps messages whose connection it breaks or whose answer it loses', async () => {
    await fault({ dropNextAnswers: 1 });
    await expect(send()).rejects.toThrow('fetch failed');
    await fault({ loseNextAnswers: 1 });
    expect((await send()).status).toBe(502);
    expect(await messages()).toHaveLength(2);
  });

  test('it holds its answers until the faults are set anew', async () => {
    await fault({ holdNextAnswers: 1 });
    let isAnswered = false;
    const answered = send().then(({ status }) => {
      isAnswered = true;
      return status;
    });
    expect((await send()).status).toBe(201);
    expect(isAnswered).toBe(false);
    await fault({});
    expect(await answered).toBe(201);
  });

  test('it refuses unknown faults', async () => {
    expect((await fault({ explode: 1 })).status).toBe(422);
  });
});
