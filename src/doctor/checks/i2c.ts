/** The speed of the I2C bus, compared with the range of each chip on it. */
import { onI2c } from '../../params/sensors.ts';
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
  look: ({ probe, settings }): readonly Finding[] => {
    const bus = settings['i2c.bus'];
    const say = about('i2c-speed', 'I2C bus speed');
    const found = speed(probe, bus);
    const file = bootConfig(probe)?.path ?? 'config.txt';
    const chips = onI2c(settings).map(({ chip }) => chip);
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
    const danger = chips.find(({ slow }) => slow !== null && hertz < slow.hz)?.slow?.danger;
    if (danger !== undefined) return [say.warn(`${seen}: ${danger}`, remedy)];
    if (hertz > wantedHz) return [say.warn(`${seen}: allowed, but ${kHz(wantedHz)} tolerates longer wires`, remedy)];
    return [say.ok(seen)];
  },
};
