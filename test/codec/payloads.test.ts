import { randomBytes } from 'node:crypto';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { keyRing } from '../../codec/keys';
import { EncryptingCodec } from '../../codec/payloads';

const old = { id: 'old', key: randomBytes(32) };
const current = { id: 'new', key: randomBytes(32) };
const codec = new EncryptingCodec(keyRing([old]));
const payloadOf = (value: unknown): Payload => defaultPayloadConverter.toPayload(value);
const contentOf = (payload: Payload | undefined): unknown => payload && defaultPayloadConverter.fromPayload(payload);

describe('payloads reach Temporal encrypted', () => {
  test.each<[string, unknown]>([
    ['an object', { note: '三页小程序 🙂', amountFen: 200_000, list: [1, null, 'x'] }],
    ['a text', '密码 Pa55-word'],
    ['an empty text', ''],
    ['a number', 0],
    ['bytes', new Uint8Array(randomBytes(300))],
    ['a long one', 'x'.repeat(1_000_000)],
  ])('%s comes back as it was', async (_, value) => {
    const encoded = await codec.encode([payloadOf(value)]);
    expect(encoded).toHaveLength(1);
    expect(Buffer.from(encoded[0]?.metadata?.encoding ?? []).toString()).toBe('binary/encrypted');
    expect(contentOf((await codec.decode(encoded))[0])).toEqual(value);
  });

  test('neither words nor field names nor the type of encoding can be read', async () => {
    const [encoded] = await codec.encode([payloadOf({ note: '三页小程序', refundFen: 4_200 })]);
    const bytes = Buffer.concat([encoded?.data ?? Buffer.alloc(0), ...Object.values(encoded?.metadata ?? {})]);
    for (const word of ['三页小程序', 'note', 'refundFen', '4200', 'json/plain'])
      expect(bytes.includes(word)).toBe(false);
    expect(Object.keys(encoded?.metadata ?? {})).toEqual(['encoding']);
  });

  test('several keep their order, and the same twice is not alike', async () => {
    const encoded = await codec.encode(['a', 'b', 'a'].map(payloadOf));
    expect((await codec.decode(encoded)).map(contentOf)).toEqual(['a', 'b', 'a']);
    expect(encoded[0]?.data).not.toEqual(encoded[2]?.data);
  });

  test('nothing is nothing to hide, and what others encoded passes as it is', async () => {
    const nothing = [payloadOf(null), payloadOf(undefined)];
    expect((await codec.decode(await codec.encode(nothing))).map(contentOf)).toEqual([null, undefined]);
    const plain = [payloadOf({ stage: 'implementing' })];
    expect(await codec.decode(plain)).toEqual(plain);
  });

  test('rotation: what the old key sealed is read with both keys, what the new one sealed not with the old', async () => {
    const rotated = new EncryptingCodec(keyRing([current, old]));
    const before = await codec.encode([payloadOf('of before')]);
    const after = await rotated.encode([payloadOf('of after')]);
    expect((await rotated.decode([...before, ...after])).map(contentOf)).toEqual(['of before', 'of after']);
    await expect(codec.decode(after)).rejects.toThrow('"new"');
    await expect(new EncryptingCodec(keyRing([current])).decode(before)).rejects.toThrow('"old"');
  });

  test('an altered payload is refused, not misread', async () => {
    const [encoded] = await codec.encode([payloadOf({ refundFen: 100 })]);
    const data = Buffer.from(encoded?.data ?? []);
    data.writeUInt8(data.readUInt8(data.length - 20) ^ 1, data.length - 20);
    await expect(codec.decode([{ ...encoded, data }])).rejects.toThrow();
    await expect(codec.decode([{ metadata: encoded?.metadata ?? {} }])).rejects.toThrow();
  });
});
