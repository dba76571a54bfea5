/**
 * CRC-16/CCITT-FALSE: polynomial x^16 + x^12 + x^5 + 1 (0x1021), start value 0xFFFF, most significant bit first, nothing
 * reflected. Check value: "123456789" gives 0x29B1. Guards every line between controller and gate.
 */
const TABLE: Uint16Array = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
  return crc & 0xffff;
});

/** The code over the characters of `text`, which must all be below U+0100. @returns 0..65535 */
export function crc16(text: string): number {
  let crc = 0xffff;
  for (let i = 0; i < text.length; i += 1)
    crc = ((crc << 8) & 0xffff) ^ TABLE[((crc >> 8) ^ text.charCodeAt(i)) & 0xff]!;
  return crc;
}
