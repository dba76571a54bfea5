/** The speed of the I2C bus, compared with the range of each chip on it. */
import { i2cBuses, i2cChips } from '../../params/sensors.ts';
import type { Settings } from '../../params/settings.ts';
import { about, type Check, type Finding } from '../finding.ts';
import type { Probe } from '../probe.ts';
import { bootConfig } from './boot.ts';

/** The second exists on older kernels only. */
const PLACES = ['/sys/bus/i2c/devices', '/sys/class/i2c-adapter'] as const;

/** A cell of the device tree: 32 bits, big-endian. */
function cell(probe: Probe, path: string): number | null {
  const bytes = probe.bytes(path);
  if (bytes === null || bytes.length !== 4) return null;
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0);
}

interface Speed {
  readonly hertz: number;
  readonly from: string;
}

/** The clock configured for the kernel’s driver, of a hardware or a software bus; null when neither can be read. */
function speed(probe: Probe, bus: number): Speed | null {
  const read = (name: string): number | null =>
    PLACES.map((place) => cell(probe, `${place}/i2c-${bus}/of_node/${name}`)).find((value) => value !== null) ?? null;
  const hertz = read('clock-frequency');
  if (hertz !== null) return { hertz, from: 'device tree' };
  const delayUs = read('i2c-gpio,delay-us');
  // The delay is half a clock; the software’s own run time makes the real bus slower still.
  if (delayUs !== null && delayUs > 0) return { hertz: 500_000 / delayUs, from: `i2c-gpio, delay ${delayUs} µs` };
  const config = bootConfig(probe);
  const params = config?.params;
  const told = Number(params?.get('i2c_arm_baudrate') ?? params?.get('i2c_baudrate') ?? Number.NaN);
  return Number.isFinite(told) ? { hertz: told, from: config?.path ?? '' } : null;
}

const kHz = (hertz: number): string => `${Number((hertz / 1000).toFixed(1))} kHz`;

export const busSpeed: Check = {
  hardware: true,
  look: ({ probe, settings }): readonly Finding[] =>
    i2cBuses(settings).flatMap((bus, n) =>
      speedOf(probe, settings, bus, about(n === 0 ? 'i2c-speed' : `i2c-speed-${bus}`, 'I2C bus speed')),
    ),
};

/** A bus that is in use for more than this share of the time leaves no room for a repeated transfer. */
const MOST_USED = 0.7;
/** Writes to the converter of the light: one a second at the least, and two for a dark frame every few seconds. */
const LIGHT_HZ = 2;
/** Start, stop and the pauses of the kernel’s driver, in bits a transfer. */
const EXTRA_BITS = 4;

/** The share of the time that reading the chips of a bus takes it: bytes of nine bits, as often as each is read. */
function usedShare(settings: Settings, bus: number, hertz: number): number {
  const ticksHz = 1000 / settings['loop.tickMs'];
  return i2cChips(settings)
    .filter(({ on }) => on === bus)
    .reduce((sum, { sensor, chip }) => {
      // The infrared thermometer has a new value ten times a second; the others are read every tick.
      const readsHz = sensor === 'infrared' ? Math.min(10, ticksHz) : sensor === 'light' ? LIGHT_HZ : ticksHz;
      return sum + (readsHz * (9 * chip.bytes + 2 * EXTRA_BITS)) / hertz;
    }, 0);
}

function speedOf(probe: Probe, settings: Settings, bus: number, say: ReturnType<typeof about>): readonly Finding[] {
  const file = bootConfig(probe)?.path ?? 'config.txt';
  const chips = i2cChips(settings).flatMap(({ chip, on }) => (on === bus ? [chip] : []));
  const found = speed(probe, bus);
  const wantedHz = Math.min(...chips.map(({ wantedHz: own, mostHz }) => own ?? mostHz));
  const remedy =
    `Add dtparam=i2c_baudrate=${wantedHz} to ${file} and restart; ` +
    `for a software bus use dtoverlay=i2c-gpio,i2c_gpio_delay_us=${Math.ceil(500_000 / wantedHz)} with its own bus and pins.`;
  if (found === null) return [say.warn(`the speed of bus ${bus} cannot be read; it may be 100 kHz`, remedy)];
  const { hertz, from } = found;
  const seen = `${kHz(hertz)} on bus ${bus} (${from})`;
  const outside = chips.find(({ leastHz, mostHz }) => hertz < leastHz || hertz > mostHz);
  if (outside !== undefined) {
    const { label, leastHz, mostHz } = outside;
    return [say.fail(`${seen}; the ${label} works from ${kHz(leastHz)} to ${kHz(mostHz)}`, remedy)];
  }
  const used = usedShare(settings, bus, hertz);
  if (used > MOST_USED) {
    const text = `${seen}: reading the chips takes ${Math.round(100 * used)} % of the time of the bus`;
    const faster =
      'Raise the speed, lengthen loop.tickMs, or give the current monitor a bus of its own (i2c.currentBus).';
    return [used > 1 ? say.fail(text, faster) : say.warn(text, faster)];
  }
  const danger = chips.find(({ slow }) => slow !== null && hertz < slow.hz)?.slow?.danger;
  if (danger !== undefined) return [say.warn(`${seen}: ${danger}`, remedy)];
  if (hertz > wantedHz) return [say.warn(`${seen}: allowed, but ${kHz(wantedHz)} tolerates longer wires`, remedy)];
  return [say.ok(`${seen}, ${Math.round(100 * used)} % in use`)];
}
