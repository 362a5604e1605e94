import { createCipheriv, hkdfSync, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import {
  type Key,
  keyedHash,
  keyRing,
  openText,
  type Place,
  purposeKey,
  sealingKeyId,
  sealText,
} from '../../codec/keys';

const key = (id: string): Key => ({ id, key: randomBytes(32) });
/** Where everything here is sealed. */
const PLACE: Place = ['reviews', 'tkt_1', 'sealed'];
const [old, current] = [key('2025'), key('2026')];

describe('ACC-6, ORD-2: the first key seals, and whichever key sealed a value opens it', () => {
  test('what is sealed is opened again, whatever it is', () => {
    const keys = keyRing([current]);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), (bytes) => {
        expect(keys.values.open(keys.values.seal(bytes, 'here'), 'here')).toEqual(Buffer.from(bytes));
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(openText(keys, sealText(keys, text, PLACE), PLACE)).toBe(text);
      }),
    );
  });

  test('nothing of it shows, and no two seals are alike', () => {
    const keys = keyRing([current]);
    const seals = Array.from({ length: 100 }, () =>
      sealText(keys, '账号 admin，密码 Pa55-word', PLACE).toString('hex'),
    );
    expect(new Set(seals).size).toBe(100);
    for (const seal of seals) expect(seal).not.toContain(Buffer.from('Pa55').toString('hex'));
  });

  test('rotation: a new first key seals, the old one still opens', () => {
    const before = keyRing([old]);
    const rotated = keyRing([current, old]);
    expect(openText(rotated, sealText(before, 'sealed last year', PLACE), PLACE)).toBe('sealed last year');
    const sealed = sealText(rotated, 'sealed this year', PLACE);
    expect(sealed.toString('latin1').startsWith('2026\0')).toBe(true);
    expect(openText(keyRing([old, current]), sealed, PLACE)).toBe('sealed this year');
    expect(() => openText(before, sealed, PLACE)).toThrow('"2026", which CODEC_KEYS does not hold');
  });

  test('another key of the same name opens nothing', () => {
    const impostor = keyRing([key('2026')]);
    expect(() => openText(impostor, sealText(keyRing([current]), 'secret', PLACE), PLACE)).toThrow();
  });

  test('a change of any byte is noticed', () => {
    const keys = keyRing([current]);
    const sealed = sealText(keys, 'refund 100 fen', PLACE);
    for (let at = 0; at < sealed.length; at += 1) {
      const altered = Buffer.from(sealed);
      altered.writeUInt8(altered.readUInt8(at) ^ 1, at);
      expect(() => openText(keys, altered, PLACE)).toThrow();
    }
  });

  test('a part of it is not taken for the whole', () => {
    const keys = keyRing([current]);
    const sealed = sealText(keys, 'refund 100 fen', PLACE);
    for (let length = 0; length < sealed.length; length += 1) {
      expect(() => openText(keys, sealed.subarray(0, length), PLACE)).toThrow();
    }
    expect(() => openText(keys, Buffer.concat([sealed, Buffer.from([0])]), PLACE)).toThrow();
  });

  test('without a key there is nothing to seal with: it refuses to start', () => {
    expect(() => keyRing([])).toThrow('CODEC_KEYS');
  });
});

describe('what is sealed opens only where it was sealed, and for what', () => {
  const keys = keyRing([current]);
  const sealed = sealText(keys, '6222021234567890', PLACE);

  test('a value that was moved to another row, column or table does not open', () => {
    for (const place of [
      ['reviews', 'tkt_2', 'sealed'],
      ['reviews', 'tkt_1', 'reason'],
      ['proposals', 'tkt_1', 'sealed'],
      ['reviews', 'tkt_1sealed', ''],
    ] as const)
      expect(() => openText(keys, sealed, place)).toThrow(/authenticate/);
    expect(openText(keys, sealed, PLACE)).toBe('6222021234567890');
  });

  test('the keys for payloads open no stored value, and those for values no payload', () => {
    const place = JSON.stringify(PLACE);
    expect(() => keys.payloads.open(sealed, place)).toThrow(/authenticate/);
    expect(() => keys.values.open(keys.payloads.seal(Buffer.from('x'), place), place)).toThrow(/authenticate/);
  });

  test('a shortened tag is refused: its length is fixed at 16 bytes', () => {
    for (const authTagLength of [4, 8, 12, 15]) {
      const iv = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', purposeKey(keys, 'values'), iv, { authTagLength });
      cipher.setAAD(Buffer.from(JSON.stringify(PLACE)));
      const body = Buffer.concat([cipher.update(''), cipher.final()]);
      const short = Buffer.concat([Buffer.from(`${current.id}\0`), iv, body, cipher.getAuthTag()]);
      expect(() => openText(keys, short, PLACE)).toThrow('Too short');
    }
  });

  test('it names the key that sealed it', () => {
    expect(sealingKeyId(sealed)).toBe(current.id);
    expect(sealingKeyId(Buffer.from('no key'))).toBe('');
  });
});

describe('a purpose key', () => {
  const keys = keyRing([current, old]);

  test('is made by HKDF-SHA-256: 32 bytes that are another key for another purpose, and never the key it was made from', () => {
    const made = purposeKey(keys, 'request-hash');
    const expected = hkdfSync('sha256', current.key, '', 'back-office/request-hash', 32);
    expect(made.equals(Buffer.from(expected))).toBe(true);
    expect(made).toHaveLength(32);
    expect(made.equals(purposeKey(keys, 'fingerprint'))).toBe(false);
    expect(made.equals(purposeKey(keys, 'request-hash', old.id))).toBe(false);
    expect(made.equals(current.key)).toBe(false);
    expect(() => purposeKey(keys, 'request-hash', 'gone')).toThrow('"gone", which CODEC_KEYS does not hold');
  });
});

describe('a keyed hash', () => {
  const hash = keyedHash(keyRing([old]), 'request-hash');

  test('is the same for the same text only, and only under its key and purpose', () => {
    const stored = hash.of('6222021234567890');
    expect(hash.of('6222021234567890')).toBe(stored);
    expect(hash.isOf('6222021234567890', stored)).toBe(true);
    expect(hash.isOf('6222021234567891', stored)).toBe(false);
    expect(keyedHash(keyRing([old]), 'fingerprint').isOf('6222021234567890', stored)).toBe(false);
    expect(keyedHash(keyRing([key(old.id)]), 'request-hash').isOf('6222021234567890', stored)).toBe(false);
    expect(hash.isOf('6222021234567890', `${stored}x`)).toBe(false);
    expect(() => hash.isOf('6222021234567890', 'no key id')).toThrow('""');
  });

  test('still compares after a rotation, while its key is held', () => {
    const stored = hash.of('a body');
    const rotated = keyedHash(keyRing([current, old]), 'request-hash');
    expect(rotated.isOf('a body', stored)).toBe(true);
    expect(rotated.of('a body')).not.toBe(stored);
    expect(() => keyedHash(keyRing([current]), 'request-hash').isOf('a body', stored)).toThrow(`"${old.id}"`);
  });
});
