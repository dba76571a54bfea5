/**
 * SMBus packet error code: CRC-8 with polynomial x^8 + x^2 + x + 1 (0x07), start value 0, most significant bit first.
 * Source: System Management Bus Specification, version 3.2, section 5.4.1.1.
 */
const TABLE: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 0x80 ? (crc << 1) ^ 0x07 : crc << 1;
  return crc & 0xff;
});

/** The code after one more byte. Start with 0; `crc` and `byte` are 0..255. */
export const crc8Next = (crc: number, byte: number): number => TABLE[(crc ^ byte) & 0xff]!;

/** The code over all `bytes`, addresses included, in the order of the wire. */
export function crc8(bytes: Iterable<number>): number {
  let crc = 0;
  for (const byte of bytes) crc = crc8Next(crc, byte);
  return crc;
}
