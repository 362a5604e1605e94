import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Sms } from '../../../worker/channels/sms/port';
import { tencentSms } from '../../../worker/channels/sms/tencent';

const ACCOUNT = {
  secretId: 'AKIDtest',
  secretKey: 'a secret of the tests',
  region: 'ap-guangzhou',
  appId: '1400006666',
  signName: '云市场',
  templateIds: { 'zh-CN': '1001', en: '1002' },
};
const SMS: Sms = {
  messageId: 'msg_1',
  phone: '+8613800000001',
  language: 'zh-CN',
  title: '店铺审核未通过：云迁移',
  text: '【云市场】店铺审核未通过：云迁移',
};
const OK = { SerialNo: '1', PhoneNumber: SMS.phone, Fee: 1, Code: 'Ok', Message: 'send success' };

/** A server that stands for the vendor: it remembers what it is asked, and answers as it is set up. */
let server: Server;
let answer: (response: ServerResponse) => unknown;
let asked: { headers: IncomingMessage['headers']; body: unknown }[];

beforeEach(async () => {
  asked = [];
  answer = (response) => json(response, { Response: { SendStatusSet: [OK], RequestId: 'r1' } });
  server = createServer(async (request, response) => {
    asked.push({ headers: request.headers, body: JSON.parse(await text(request)) });
    answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function json(response: ServerResponse, body: object, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
const endpoint = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const send = (sms: Partial<Sms> = {}, answerWithinMs = 2_000) =>
  tencentSms(ACCOUNT, endpoint(), answerWithinMs).send({ ...SMS, ...sms });

test('MSG-1: an SMS is asked for as the vendor wants it, signed', async () => {
  expect(await send()).toEqual({ result: 'sent' });
  const [{ headers, body } = { headers: {}, body: null }] = asked;
  expect(headers).toMatchObject({
    'x-tc-action': 'SendSms',
    'x-tc-version': '2021-01-11',
    'x-tc-region': 'ap-guangzhou',
    authorization: expect.stringMatching(
      /^TC3-HMAC-SHA256 Credential=AKIDtest\/\d{4}-\d\d-\d\d\/\w+\/tc3_request, SignedHeaders=[\w;-]+, Signature=[0-9a-f]{64}$/,
    ),
  });
  expect(body).toEqual({
    PhoneNumberSet: ['+8613800000001'],
    SmsSdkAppId: '1400006666',
    SignName: '云市场',
    TemplateId: '1001',
    TemplateParamSet: ['店铺审核未通过：云迁移'],
    SessionContext: 'msg_1',
  });
});

test('MSG-2: each language has its template', async () => {
  await send({ language: 'en' });
  expect(asked[0]?.body).toMatchObject({ TemplateId: '1002' });
});

const failed = (code: string) => (response: ServerResponse) =>
  json(response, { Response: { Error: { Code: code, Message: 'words' }, RequestId: 'r1' } });
const status = (code: string) => (response: ServerResponse) =>
  json(response, { Response: { SendStatusSet: [{ ...OK, Code: code, Message: 'words' }], RequestId: 'r1' } });

describe('MSG-2: whether an SMS is tried again follows from the vendor’s answer', () => {
  test.each<[string, (response: ServerResponse) => unknown, object]>([
    ['an error of our account', failed('AuthFailure.SignatureFailure'), { result: 'unavailable' }],
    [
      'no SMS left in the account',
      status('FailedOperation.InsufficientBalanceInSmsPackage'),
      { result: 'unavailable' },
    ],
    ['a limit', failed('RequestLimitExceeded'), { result: 'refused', isPermanent: false }],
    [
      'an error of the number',
      status('LimitExceeded.PhoneNumberDailyLimit'),
      { result: 'refused', isPermanent: false },
    ],
    ['a wrong number', status('InvalidParameterValue.IncorrectPhoneNumber'), { result: 'refused', isPermanent: true }],
    [
      'a number on its list',
      status('FailedOperation.PhoneNumberInBlacklist'),
      { result: 'refused', isPermanent: true },
    ],
    ['an unknown outcome', status('InternalError.Timeout'), { result: 'unknown' }],
    ['an unknown outcome of the whole request', failed('InternalError.SendAndRecvFail'), { result: 'unknown' }],
    ['clocks that differ', failed('InternalError.RequestTimeException'), { result: 'refused', isPermanent: false }],
    ['a refusal of a proxy', (response) => json(response, {}, 403), { result: 'refused' }],
    ['an error of a proxy', (response) => json(response, {}, 502), { result: 'unknown' }],
    ['no status of the number', (response) => json(response, { Response: { RequestId: 'r1' } }), { result: 'unknown' }],
    ['no JSON', (response) => response.end('<html>'), { result: 'unknown' }],
    ['a broken connection', (response) => response.destroy(), { result: 'unknown' }],
  ])('the outcome of an SMS follows from an answer with %s', async (_, said, outcome) => {
    answer = said;
    expect(await send()).toMatchObject(outcome);
    expect(asked).toHaveLength(1);
  });

  test('the outcome of an SMS without an answer in time is unknown', async () => {
    answer = () => undefined;
    expect(await send({}, 200)).toMatchObject({ result: 'unknown', error: expect.stringContaining('timeout') });
  });

  test('the vendor is unavailable when the connection is refused', async () => {
    const gone = endpoint();
    server.close();
    const outcome = await tencentSms(ACCOUNT, gone, 2_000).send(SMS);
    expect(outcome).toMatchObject({ result: 'unavailable' });
  });
});
