import { createTransport } from 'nodemailer';
import { type MailInbox, startMailInbox } from '../../sandbox/mail-inbox';

describe('the mail inbox of the sandbox', () => {
  let inbox: MailInbox;
  beforeAll(async () => {
    inbox = await startMailInbox({ smtpPort: 0, httpPort: 0 });
  });
  afterAll(() => inbox.stop());

  const send = async (subject: string) => {
    const transport = createTransport(inbox.smtpUrl);
    try {
      await transport.sendMail({
        from: 'a@marketplace.example',
        to: 'buyer@demo.example',
        messageId: '<msg_1@marketplace.example>',
        subject,
        text: '内容 <b>text</b>',
      });
    } finally {
      transport.close();
    }
  };
  const messages = async () => (await fetch(`${inbox.url}/api/messages`)).json();
  const fault = (body: object) =>
    fetch(`${inbox.url}/api/faults`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  beforeEach(() => fetch(`${inbox.url}/api/messages`, { method: 'DELETE' }));

  test('it keeps what it is sent, and shows it as text only', async () => {
    await send('<script>alert(1)</script>');
    expect(await messages()).toMatchObject([
      {
        messageId: '<msg_1@marketplace.example>',
        from: 'a@marketplace.example',
        to: ['buyer@demo.example'],
        subject: '<script>alert(1)</script>',
        text: expect.stringContaining('内容'),
      },
    ]);
    const page = await (await fetch(inbox.url)).text();
    expect(page).toContain('&lt;script&gt;');
    expect(page).not.toContain('<script>');
  });

  test('it refuses a message for the moment on demand', async () => {
    await fault({ refuseNext: 1 });
    await expect(send('first')).rejects.toMatchObject({ responseCode: 451 });
    await send('second');
    expect(await messages()).toMatchObject([{ subject: 'second' }]);
  });

  test('it breaks the connection after keeping a message on demand', async () => {
    await fault({ dropNextAnswers: 1 });
    await expect(send('kept, unanswered')).rejects.toThrow();
    expect(await messages()).toMatchObject([{ subject: 'kept, unanswered' }]);
  });
});
