import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { type Key, keyRing, openText, sealText } from '../../codec/keys';

const key = (id: string): Key => ({ id, key: randomBytes(32) });
const [old, current] = [key('2025'), key('2026')];

describe('a key ring seals with its first key and opens with whichever sealed', () => {
  test('what is sealed is opened again, whatever it is', () => {
    const ring = keyRing([current]);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), (bytes) => {
        expect(ring.open(ring.seal(bytes))).toEqual(Buffer.from(bytes));
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(openText(ring, sealText(ring, text))).toBe(text);
      }),
    );
  });

  test('nothing of it shows, and no two seals are alike', () => {
    const ring = keyRing([current]);
    const seals = Array.from({ length: 100 }, () => sealText(ring, '账号 admin，密码 Pa55-word').toString('hex'));
    expect(new Set(seals).size).toBe(100);
    for (const seal of seals) expect(seal).not.toContain(Buffer.from('Pa55').toString('hex'));
  });

  test('rotation: a new first key seals, the old one still opens', () => {
    const before = keyRing([old]);
    const rotated = keyRing([current, old]);
    expect(openText(rotated, sealText(before, 'sealed last year'))).toBe('sealed last year');
    const sealed = sealText(rotated, 'sealed this year');
    expect(sealed.toString('latin1').startsWith('2026\0')).toBe(true);
    expect(openText(keyRing([old, current]), sealed)).toBe('sealed this year');
    expect(() => openText(before, sealed)).toThrow('"2026", which CODEC_KEYS does not hold');
  });

  test('another key of the same name opens nothing', () => {
    const impostor = keyRing([key('2026')]);
    expect(() => openText(impostor, sealText(keyRing([current]), 'secret'))).toThrow();
  });

  test('a change of any byte is noticed', () => {
    const ring = keyRing([current]);
    const sealed = sealText(ring, 'refund 100 fen');
    for (let at = 0; at < sealed.length; at += 1) {
      const altered = Buffer.from(sealed);
      altered.writeUInt8(altered.readUInt8(at) ^ 1, at);
      expect(() => openText(ring, altered)).toThrow();
    }
  });

  test('a part of it is not taken for the whole', () => {
    const ring = keyRing([current]);
    const sealed = sealText(ring, 'refund 100 fen');
    for (let length = 0; length < sealed.length; length += 1) {
      expect(() => openText(ring, sealed.subarray(0, length))).toThrow();
    }
    expect(() => openText(ring, Buffer.concat([sealed, Buffer.from([0])]))).toThrow();
  });

  test('a ring without keys is none', () => {
    expect(() => keyRing([])).toThrow('CODEC_KEYS');
  });
});
