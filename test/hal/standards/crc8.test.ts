import { describe, expect, it } from 'vitest';
import { crc8, crc8Next } from '../../../src/hal/standards/crc8.ts';

describe('the SMBus packet error code', () => {
  it.each([
    ['an object word read', [0xb4, 0x07, 0xb5, 0xd2, 0x3a], 0x30],
    ['an ambient word read', [0xb4, 0x06, 0xb5, 0xdf, 0x3a], 0xcf],
    ['a word written', [0xb4, 0x22, 0x07, 0xc8], 0x48],
    ['the check string "123456789" of CRC-8 catalogues', [0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39], 0xf4],
    ['no byte at all', [], 0],
  ])('of %s is the published one', (_name, bytes, code) => {
    expect(crc8(bytes)).toBe(code);
  });

  it('becomes 0 when the code itself is run through, as on the wire', () => {
    expect(crc8([0xb4, 0x07, 0xb5, 0xd2, 0x3a, 0x30])).toBe(0);
  });

  it('notices every single flipped bit', () => {
    const sent = [0xb4, 0x07, 0xb5, 0xd2, 0x3a];
    for (let bit = 0; bit < 40; bit += 1) {
      const hit = sent.slice();
      hit[bit >> 3]! ^= 1 << (bit & 7);
      expect(crc8(hit)).not.toBe(0x30);
    }
  });

  it('runs byte by byte to the same result', () => {
    let code = 0;
    for (const byte of [0xb4, 0x22, 0x07, 0xc8]) code = crc8Next(code, byte);
    expect(code).toBe(0x48);
  });
});
