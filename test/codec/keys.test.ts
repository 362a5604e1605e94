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

describe('a key ring seals with its first key and opens with whichever sealed', () => {
  test('what is sealed is opened again, whatever it is', () => {
    const ring = keyRing([current]);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), (bytes) => {
        expect(ring.values.open(ring.values.seal(bytes, 'here'), 'here')).toEqual(Buffer.from(bytes));
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(openText(ring, sealText(ring, text, PLACE), PLACE)).toBe(text);
      }),
    );
  });

  test('nothing of it shows, and no two seals are alike', () => {
    const ring = keyRing([current]);
    const seals = Array.from({ length: 100 }, () =>
      sealText(ring, '账号 admin，密码 Pa55-word', PLACE).toString('hex'),
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
    const ring = keyRing([current]);
    const sealed = sealText(ring, 'refund 100 fen', PLACE);
    for (let at = 0; at < sealed.length; at += 1) {
      const altered = Buffer.from(sealed);
      altered.writeUInt8(altered.readUInt8(at) ^ 1, at);
      expect(() => openText(ring, altered, PLACE)).toThrow();
    }
  });

  test('a part of it is not taken for the whole', () => {
    const ring = keyRing([current]);
    const sealed = sealText(ring, 'refund 100 fen', PLACE);
    for (let length = 0; length < sealed.length; length += 1) {
      expect(() => openText(ring, sealed.subarray(0, length), PLACE)).toThrow();
    }
    expect(() => openText(ring, Buffer.concat([sealed, Buffer.from([0])]), PLACE)).toThrow();
  });

  test('a ring without keys is none', () => {
    expect(() => keyRing([])).toThrow('CODEC_KEYS');
  });
});

describe('what is sealed opens only where it was sealed, and for what', () => {
  const ring = keyRing([current]);
  const sealed = sealText(ring, '6222021234567890', PLACE);

  test('a value that was moved to another row, column or table does not open', () => {
    for (const place of [
      ['reviews', 'tkt_2', 'sealed'],
      ['reviews', 'tkt_1', 'reason'],
      ['proposals', 'tkt_1', 'sealed'],
      ['reviews', 'tkt_1sealed', ''],
    ] as const)
      expect(() => openText(ring, sealed, place)).toThrow(/authenticate/);
    expect(openText(ring, sealed, PLACE)).toBe('6222021234567890');
  });

  test('the keys for payloads open no stored value, and those for values no payload', () => {
    const place = JSON.stringify(PLACE);
    expect(() => ring.payloads.open(sealed, place)).toThrow(/authenticate/);
    expect(() => ring.values.open(ring.payloads.seal(Buffer.from('x'), place), place)).toThrow(/authenticate/);
  });

  test('a shortened tag is refused: its length is fixed at 16 bytes', () => {
    for (const authTagLength of [4, 8, 12, 15]) {
      const iv = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', purposeKey(ring, 'values'), iv, { authTagLength });
      cipher.setAAD(Buffer.from(JSON.stringify(PLACE)));
      const body = Buffer.concat([cipher.update(''), cipher.final()]);
      const short = Buffer.concat([Buffer.from(`${current.id}\0`), iv, body, cipher.getAuthTag()]);
      expect(() => openText(ring, short, PLACE)).toThrow('Too short');
    }
  });

  test('it names the key that sealed it', () => {
    expect(sealingKeyId(sealed)).toBe(current.id);
    expect(sealingKeyId(Buffer.from('no key'))).toBe('');
  });
});

describe('a purpose key', () => {
  const ring = keyRing([current, old]);

  test('is made by HKDF-SHA-256: 32 bytes that are another key for another purpose, and never the ring’s own', () => {
    const made = purposeKey(ring, 'request-hash');
    const expected = hkdfSync('sha256', current.key, '', 'back-office/request-hash', 32);
    expect(made.equals(Buffer.from(expected))).toBe(true);
    expect(made).toHaveLength(32);
    expect(made.equals(purposeKey(ring, 'fingerprint'))).toBe(false);
    expect(made.equals(purposeKey(ring, 'request-hash', old.id))).toBe(false);
    expect(made.equals(current.key)).toBe(false);
    expect(() => purposeKey(ring, 'request-hash', 'gone')).toThrow('"gone", which CODEC_KEYS does not hold');
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

  test('still compares after a rotation, while the ring holds its key', () => {
    const stored = hash.of('a body');
    const rotated = keyedHash(keyRing([current, old]), 'request-hash');
    expect(rotated.isOf('a body', stored)).toBe(true);
    expect(rotated.of('a body')).not.toBe(stored);
    expect(() => keyedHash(keyRing([current]), 'request-hash').isOf('a body', stored)).toThrow(`"${old.id}"`);
  });
});
