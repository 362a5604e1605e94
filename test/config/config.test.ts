import { readConfig } from '../../config';
import { readMailInboxConfig, readPaymentChannelConfig, readSmsInboxConfig } from '../../config/sandbox';
import { temporalConnection } from '../../config/temporal';
import { PAYMENT_CHANNELS } from '../../domain/orders/order';

const KEY = `k1:${Buffer.alloc(32, 1).toString('base64')}`;
const OTHER_KEY = `k2:${Buffer.alloc(32, 2).toString('base64')}`;

/** What a development machine needs at least. */
const DEVELOPMENT = {
  DATABASE_URL: 'postgresql://app@db/market',
  CODEC_KEYS: KEY,
  JWT_SECRET: 's'.repeat(32),
  JWT_AUDIENCE: 'back-office',
};

const secretOf = (letter: string) => letter.repeat(16);
const CALLBACKS = `tencent_cloud:${secretOf('a')},wechat:${secretOf('b')},tenpay:${secretOf('c')}`;

/** What production needs at least. */
const PRODUCTION = {
  NODE_ENV: 'production',
  DATABASE_URL: 'postgresql://app@db/market',
  CODEC_KEYS: KEY,
  JWKS_URL: 'https://sso.example/jwks.json',
  JWT_AUDIENCE: 'back-office',
  SMTP_URL: 'smtps://mail.example',
  PAYMENT_CHANNEL_URL: 'https://pay.example',
  PAYMENT_CALLBACK_SECRETS: CALLBACKS,
};

const without = (env: NodeJS.ProcessEnv, name: string) => ({ ...env, [name]: undefined });

describe('development starts with little', () => {
  test('what is left out has a default that is safe on one machine', () => {
    expect(readConfig(DEVELOPMENT)).toMatchObject({
      NODE_ENV: 'development',
      SANDBOX: false,
      API_HOST: '127.0.0.1',
      API_PORT: 8080,
      WORKER_HOST: '127.0.0.1',
      TEMPORAL_NAMESPACE: 'default',
      JWT_ISSUER: 'marketplace',
      TRUST_PROXY_HOPS: 0,
      RATE_LIMIT_PER_MINUTE: 6000,
      RATE_LIMIT_CALLBACKS_PER_MINUTE: 60_000,
    });
  });

  test('a variable that is set to nothing is not set', () => {
    expect(readConfig({ ...DEVELOPMENT, API_PORT: '', JWKS_URL: '', POLICY_FILE: '' })).toMatchObject({
      API_PORT: 8080,
    });
    expect(() => readConfig({ ...DEVELOPMENT, DATABASE_URL: '' })).toThrow('DATABASE_URL');
  });

  test.each(['DATABASE_URL', 'CODEC_KEYS', 'JWT_AUDIENCE'])('it does not start without %s', (name) => {
    expect(() => readConfig(without(DEVELOPMENT, name))).toThrow(name);
  });

  test('it does not start without anything to check tokens by', () => {
    expect(() => readConfig(without(DEVELOPMENT, 'JWT_SECRET'))).toThrow('set JWT_SECRET (development) or JWKS_URL');
  });
});

describe('production refuses to start on anything less than all of it', () => {
  test('all of it is enough', () => {
    expect(readConfig(PRODUCTION)).toMatchObject({ NODE_ENV: 'production', SANDBOX: false });
  });

  test.each(Object.keys(PRODUCTION).filter((name) => name !== 'NODE_ENV'))('without %s it does not start', (name) => {
    expect(() => readConfig(without(PRODUCTION, name))).toThrow(name);
  });

  test('a development secret does not stand for the key set', () => {
    const env = { ...without(PRODUCTION, 'JWKS_URL'), JWT_SECRET: 's'.repeat(32) };
    expect(() => readConfig(env)).toThrow('production needs JWKS_URL');
  });

  test('the keys that tokens are checked with are fetched over TLS only', () => {
    const attempt = () => readConfig({ ...PRODUCTION, JWKS_URL: 'http://sso.example/jwks.json' });
    expect(attempt).toThrow('JWKS_URL must begin with https://');
    expect(readConfig({ ...DEVELOPMENT, JWKS_URL: 'http://sso.example/jwks.json' }).JWKS_URL).toMatch(/^http:/);
  });

  test('the sandbox is never served in production', () => {
    expect(() => readConfig({ ...PRODUCTION, SANDBOX: 'true' })).toThrow('SANDBOX must not be true in production');
  });

  test('MSG-3: webhooks never call private addresses in production', () => {
    expect(readConfig(PRODUCTION).WEBHOOK_ALLOW_PRIVATE).toBe(false);
    expect(() => readConfig({ ...PRODUCTION, WEBHOOK_ALLOW_PRIVATE: 'true' })).toThrow('WEBHOOK_ALLOW_PRIVATE');
  });

  test('everything that is wrong is named at once', () => {
    const attempt = () => readConfig({ NODE_ENV: 'production', API_PORT: 'eighty', JWT_SECRET: 'short' });
    expect(attempt).toThrow(/DATABASE_URL[\s\S]*CODEC_KEYS|CODEC_KEYS[\s\S]*DATABASE_URL/);
    expect(attempt).toThrow('API_PORT');
    expect(attempt).toThrow('JWT_SECRET needs at least 32 characters');
  });
});

describe('ORD-6: PAYMENT_CALLBACK_SECRETS are of one channel each', () => {
  const read = (text: string) =>
    readConfig({ ...DEVELOPMENT, PAYMENT_CALLBACK_SECRETS: text }).PAYMENT_CALLBACK_SECRETS;

  test('ORD-6: each channel has its own secret, and two during a rotation', () => {
    expect(read(`${CALLBACKS}, wechat:${secretOf('d')}`)).toEqual({
      tencent_cloud: [secretOf('a')],
      wechat: [secretOf('b'), secretOf('d')],
      tenpay: [secretOf('c')],
    });
  });

  test('ORD-6: a secret may hold any character but a comma', () => {
    expect(read('wechat:a:secret=with/all+sorts')?.wechat).toEqual(['a:secret=with/all+sorts']);
  });

  test.each(PAYMENT_CHANNELS)('ORD-6: production does not start without a secret of %s', (channel) => {
    const others = CALLBACKS.split(',').filter((pair) => !pair.startsWith(channel));
    const attempt = () => readConfig({ ...PRODUCTION, PAYMENT_CALLBACK_SECRETS: others.join(',') });
    expect(attempt).toThrow(`production needs a secret of ${channel} in PAYMENT_CALLBACK_SECRETS`);
  });
});

describe('MSG-2: SMS are sent by one service', () => {
  const TENCENT = {
    SMS_TENCENT_SECRET_ID: 'id',
    SMS_TENCENT_SECRET_KEY: 'key',
    SMS_TENCENT_APP_ID: '1400006666',
    SMS_TENCENT_SIGN_NAME: '云市场',
    SMS_TENCENT_TEMPLATE_ZH_CN: '1001',
    SMS_TENCENT_TEMPLATE_EN: '1002',
  };

  test('SMS go by Tencent Cloud with all of an account, or by the sandbox, or not at all', () => {
    for (const env of [TENCENT, { SMS_URL: 'http://127.0.0.1:8026/send' }, {}]) {
      expect(readConfig({ ...DEVELOPMENT, ...env })).toMatchObject(env);
    }
    expect(readConfig({ ...PRODUCTION, ...TENCENT })).toMatchObject({ SMS_TENCENT_REGION: 'ap-guangzhou' });
  });

  test.each(Object.keys(TENCENT))('an account without %s is none', (name) => {
    expect(() => readConfig({ ...DEVELOPMENT, ...without(TENCENT, name) })).toThrow(`needs ${name} too`);
  });

  test('SMS do not go two ways', () => {
    expect(() => readConfig({ ...DEVELOPMENT, ...TENCENT, SMS_URL: 'http://127.0.0.1/send' })).toThrow('not both');
  });

  test('SMS never go to a sandbox in production', () => {
    expect(() => readConfig({ ...PRODUCTION, SMS_URL: 'http://127.0.0.1/send' })).toThrow('SMS_URL');
  });
});

describe('I-60: CODEC_KEYS are keys of 32 bytes with ids of their own', () => {
  test('they are read in order: the first encrypts', () => {
    expect(readConfig({ ...DEVELOPMENT, CODEC_KEYS: `${OTHER_KEY},${KEY}` }).CODEC_KEYS).toEqual([
      { id: 'k2', key: Buffer.alloc(32, 2) },
      { id: 'k1', key: Buffer.alloc(32, 1) },
    ]);
  });

  test.each([
    ['no name', KEY.replace('k1', '')],
    ['a name that cannot stand in front of sealed bytes', KEY.replace('k1', 'k 1')],
    ['no key', 'k1'],
    ['a short key', `k1:${Buffer.alloc(16).toString('base64')}`],
    ['a long key', `k1:${Buffer.alloc(33).toString('base64')}`],
    ['no base64', 'k1:not base64 at all, but forty-four characters!'],
    ['a key too many', `${KEY},`],
    ['one name for two keys', `${KEY},${OTHER_KEY.replace('k2', 'k1')}`],
  ])('%s is refused', (_, keys) => {
    expect(() => readConfig({ ...DEVELOPMENT, CODEC_KEYS: keys })).toThrow('CODEC_KEYS');
  });
});

describe('a value that is none refuses to start', () => {
  test.each([
    ['NODE_ENV', 'staging'],
    ['SANDBOX', 'yes'],
    ['LOG_LEVEL', 'loud'],
    ['API_PORT', '65536'],
    ['API_PORT', '-1'],
    ['API_PORT', '80.5'],
    ['DATABASE_POOL', '0'],
    ['TEMPORAL_TLS', '1'],
    ['JWT_SECRET', 's'.repeat(31)],
    ['JWKS_URL', 'sso.example'],
    ['PAYMENT_CALLBACK_SECRETS', `wechat:${'p'.repeat(15)}`],
    ['PAYMENT_CALLBACK_SECRETS', secretOf('p')],
    ['PAYMENT_CALLBACK_SECRETS', `bitcoin:${secretOf('p')}`],
    ['PAYMENT_CALLBACK_SECRETS', `wechat:${secretOf('p')},`],
    ['PAYMENT_CALLBACK_SECRETS', `wechat:${secretOf('p')},tenpay:${secretOf('p')}`],
    ['PAYMENT_CALLBACK_SECRETS', `wechat:${secretOf('p')},wechat:${secretOf('p')}`],
    ['PAYMENT_CALLBACK_SECRETS', ['p', 'q', 'r'].map((letter) => `wechat:${secretOf(letter)}`).join(',')],
    ['RATE_LIMIT_PER_MINUTE', '0'],
    ['RATE_LIMIT_ADDRESS_PER_MINUTE', '0'],
    ['RATE_LIMIT_CALLBACKS_PER_MINUTE', 'many'],
    ['TRUST_PROXY_HOPS', 'true'],
    ['TRUST_PROXY_HOPS', '-1'],
    ['TEMPORAL_UI_URL', 'not a url'],
  ])('%s=%s refuses to start, and is named', (name, value) => {
    const attempt = () => readConfig({ ...DEVELOPMENT, [name]: value });
    expect(attempt).toThrow('The configuration is not usable');
    expect(attempt).toThrow(name);
  });

  test('a secret is never repeated in the refusal', () => {
    const attempt = () =>
      readConfig({
        ...DEVELOPMENT,
        JWT_SECRET: 'hunter2',
        CODEC_KEYS: 'k1:hunter2',
        PAYMENT_CALLBACK_SECRETS: 'wechat:hunter2',
      });
    expect(attempt).toThrow('JWT_SECRET');
    expect(attempt).not.toThrow('hunter2');
  });
});

test('an API key for Temporal goes over TLS only', () => {
  const connection = (env: NodeJS.ProcessEnv) =>
    temporalConnection(readConfig({ ...DEVELOPMENT, TEMPORAL_ADDRESS: 'temporal.example:7233', ...env }));
  expect(connection({})).toEqual({ address: 'temporal.example:7233' });
  expect(connection({ TEMPORAL_TLS: 'true' })).toEqual({ address: 'temporal.example:7233', tls: true });
  expect(connection({ TEMPORAL_API_KEY: 'secret' })).toEqual({
    address: 'temporal.example:7233',
    tls: true,
    apiKey: 'secret',
  });
});

describe('the programs of the sandbox read their environment as all others do', () => {
  test('what is left out, or set to nothing, has a default that nobody else reaches', () => {
    const host = '127.0.0.1';
    expect(readMailInboxConfig({ MAIL_FILE: '', SMTP_PORT: '' })).toEqual({ host, smtpPort: 1025, httpPort: 8025 });
    expect(readSmsInboxConfig({ SMS_FILE: '/tmp/sms' })).toEqual({ host, port: 8026, file: '/tmp/sms' });
    expect(readPaymentChannelConfig({ PAYMENT_CALLBACK_SECRETS: CALLBACKS })).toMatchObject({ host, port: 8090 });
  });

  test('they do not start with what is wrong, and say which variable it is', () => {
    expect(() => readMailInboxConfig({ MAIL_HTTP_PORT: 'x' })).toThrow('MAIL_HTTP_PORT');
    expect(() => readSmsInboxConfig({ SMS_HTTP_PORT: '65536' })).toThrow('SMS_HTTP_PORT');
    expect(() => readPaymentChannelConfig({})).toThrow('PAYMENT_CALLBACK_SECRETS');
  });
});
