/** The 40-pin header that every Raspberry Pi since the B+ has. */

/** What each pin is: a GPIO line by its BCM number, or a supply. Index 0 is pin 1. */
export type PinUse = number | '3V3' | '5V' | 'GND';

// biome-ignore format: two pins a row, as on the board
export const HEADER: readonly PinUse[] = [
  '3V3', '5V',
  2, '5V',
  3, 'GND',
  4, 14,
  'GND', 15,
  17, 18,
  27, 'GND',
  22, 23,
  '3V3', 24,
  10, 'GND',
  9, 25,
  11, 8,
  'GND', 7,
  0, 1,
  5, 'GND',
  6, 12,
  13, 'GND',
  19, 16,
  26, 20,
  'GND', 21,
];

/** Physical pin (1 to 40) of a BCM line (0 to 27). */
export const pinOf = (line: number): number => HEADER.indexOf(line) + 1;

/** GPIO17, 3V3, GND. */
export const pinName = (pin: number): string => {
  const use = HEADER[pin - 1];
  return typeof use === 'number' ? `GPIO${use}` : (use ?? '?');
};
