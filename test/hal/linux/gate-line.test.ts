import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { offLine, parseGateLine, playLine } from '../../../src/hal/linux/gate-line.ts';
import { crc16 } from '../../../src/hal/standards/crc16.ts';
import { instant, micros, millis, seconds } from '../../../src/units.ts';

const seal = (body: string): string => `${body}*${crc16(body).toString(16).padStart(4, '0')}`;

describe('the check code', () => {
  it('is CRC-16/CCITT-FALSE: its published check value, and the start value for nothing', () => {
    expect(crc16('123456789')).toBe(0x29b1);
    expect(crc16('')).toBe(0xffff);
  });

  it('tells every single wrong character', () => {
    const body = '17 edge 1 12345678 12345690';
    for (let i = 0; i < body.length; i += 1) {
      for (let code = 0; code < 256; code += 1) {
        if (code === body.charCodeAt(i)) continue;
        const wrong = body.slice(0, i) + String.fromCharCode(code) + body.slice(i + 1);
        expect(crc16(wrong)).not.toBe(crc16(body));
      }
    }
  });
});

describe('lines between controller and gate', () => {
  it('orders are whole microseconds with a number and a check code', () => {
    expect(
      playLine(3, { onUs: micros(500000.4), periodUs: seconds(5), startUs: instant(12_345_678_901) }, millis(250)),
    ).toBe(`${seal('3 play 500000 5000000 12345678901 250000')}\n`);
    expect(offLine(4)).toBe(`${seal('4 off')}\n`);
  });

  it('each word of the gate is read', () => {
    expect(parseGateLine(seal('1 hello 1 5500000 50000 250000 550000 60000000 900000000 17 27 fifo45'))).toEqual({
      sequence: 1,
      hello: {
        version: 1,
        scheduling: 'fifo45',
        limits: {
          longestOnUs: 5_500_000,
          leastOffUs: 50_000,
          longestLeaseUs: 250_000,
          dutyMax: 0.55,
          dutyWindowUs: 60_000_000,
          constantUs: 900_000_000,
          heaterLine: 17,
          enableLine: 27,
        },
      },
    });
    expect(parseGateLine(seal('2 alive 7 123456 99'))).toEqual({
      sequence: 2,
      order: 7,
      bucket: 0.123456,
      at: 99,
    });
    expect(parseGateLine(seal('3 edge 0 100 104'))).toEqual({
      sequence: 3,
      event: { kind: 'edge', rising: false, askedUs: 100, achievedUs: 104 },
    });
    expect(parseGateLine(seal('4 refused 9 55 lease too long'))).toEqual({
      sequence: 4,
      event: { kind: 'refused', why: 'lease too long', at: 55 },
    });
    expect(parseGateLine(seal('5 expired 66'))).toEqual({ sequence: 5, event: { kind: 'lease-expired', at: 66 } });
  });

  it.each([
    '',
    '*',
    '1 alive 7 123456 99',
    '1 alive 7 123456 99*0000',
    seal('alive 7 123456 99'),
    seal('1 alive 7 123456'),
    seal('1 alive 7 123456 99 1'),
    seal('1 alive 7 -1 99'),
    seal('1 alive 7 1e3 99'),
    seal('1 edge 2 1 1'),
    seal('1 edge 1 99999999999999999 1'),
    seal('1 refused 1 2'),
    seal('1 expired'),
    seal('1 hello 1 2 3 4 5 6 7 8 9'),
    seal('1 hello 1 2 3 4 5 6 7 8 9 fifo45 more'),
    seal('1 on'),
    seal('x off'),
    seal('1 constructor 1'),
  ])('%j is none of its lines', (line) => {
    expect(parseGateLine(line)).toBeNull();
  });

  it('no text at all makes the reader fail', () => {
    fc.assert(
      fc.property(fc.string(), fc.boolean(), (text, sealed) => {
        const line = parseGateLine(sealed ? seal(text.replace(/[^\0-\xff]/g, '?')) : text);
        expect(line === null || line.sequence >= 0).toBe(true);
      }),
    );
  });
});
