/** Which lines the buses take, where that is fixed by the header and not by an overlay. */
import type { Settings } from '../params/settings.ts';

export interface BusLine {
  readonly line: number;
  /** As on the chips: SDA, SCL, MOSI, MISO, SCLK, CE0. */
  readonly role: string;
}

/** The lines that all chips of an SPI bus share. */
export type SpiRole = 'MOSI' | 'MISO' | 'SCLK';
interface SpiLine extends BusLine {
  readonly role: SpiRole;
}

const I2C: Record<number, readonly BusLine[]> = {
  0: [
    { line: 0, role: 'SDA' },
    { line: 1, role: 'SCL' },
  ],
  1: [
    { line: 2, role: 'SDA' },
    { line: 3, role: 'SCL' },
  ],
};

interface SpiPins {
  readonly data: readonly SpiLine[];
  readonly selects: readonly number[];
}
const SPI: Record<number, SpiPins> = {
  0: {
    data: [
      { line: 10, role: 'MOSI' },
      { line: 9, role: 'MISO' },
      { line: 11, role: 'SCLK' },
    ],
    selects: [8, 7],
  },
  1: {
    data: [
      { line: 20, role: 'MOSI' },
      { line: 19, role: 'MISO' },
      { line: 21, role: 'SCLK' },
    ],
    selects: [18, 17, 16],
  },
};

/** Lines of an I2C bus; null when an overlay decides. */
export const i2cLines = (bus: number): readonly BusLine[] | null => I2C[bus] ?? null;

/** Lines of the SPI bus that all its devices share; null when an overlay decides. */
export const spiLines = (settings: Settings): readonly SpiLine[] | null => SPI[settings['spi.bus']]?.data ?? null;

/** The line of a chip select; null when an overlay decides. */
export function selectLine(settings: Settings, select: number): BusLine | null {
  const line = SPI[settings['spi.bus']]?.selects[select];
  return line === undefined ? null : { line, role: `CE${select}` };
}

/** All chip selects that the bus’s driver takes, used or not: the default of bus 0 takes both. */
export const allSelects = (settings: Settings): readonly BusLine[] =>
  (SPI[settings['spi.bus']]?.selects ?? []).map((line, i) => ({ line, role: `CE${i}` }));
