/** The converter that drives the light of a real bench: opened, dark and checked, or refused with what to do about it. */
import type { Ratio } from '../../units.ts';
import type { HalError, LightDac, LightPort } from '../ports.ts';
import { HalOpenError } from './errors.ts';

export interface DacPlace {
  /** The maker’s name of the chip. */
  readonly label: string;
  readonly address: number;
  /** N of /dev/i2c-N. */
  readonly bus: number;
}

/** A converter in use; `close` makes the light dark. */
export interface OpenLightDac extends LightPort {
  watch: LightDac['watch'];
  close(): Promise<void>;
}

/**
 * Opens a converter; the light is dark from here on, also when it is refused.
 * @throws HalOpenError LIGHT_POWER_UP (its EEPROM would light the film at power-up) or LIGHT_DAC (no such chip answers)
 */
export async function openLightDac(dac: LightDac, place: DacPlace): Promise<OpenLightDac> {
  const why = await new Promise<HalError | null>((resolve) => dac.open(resolve));
  if (why) throw refused(place, why);
  return {
    set: (level: Ratio) => dac.set(level),
    watch: (onTrouble) => dac.watch(onTrouble),
    close: () =>
      new Promise((resolve, reject) => {
        dac.close((error) => {
          if (error) reject(new Error(`The light may still be on: its converter does not answer (${error.detail}).`));
          else resolve();
        });
      }),
  };
}

function refused({ label, address, bus }: DacPlace, { kind, detail }: HalError): HalOpenError {
  const at = `0x${address.toString(16)}`;
  const chip = `the ${label} at ${at} on I2C bus ${bus}`;
  if (kind === 'config') {
    const cause = `${chip} would light the film whenever its supply comes on: ${detail}`;
    const remedy = `Store 0 in its EEPROM once: i2ctransfer -y ${bus} w3@${at} 0x60 0x00 0x00`;
    return new HalOpenError('LIGHT_POWER_UP', 'light.drive', cause, remedy);
  }
  const remedy = 'Check its wires, its supply and i2c.lightAddress, or set light.drive to line.';
  return new HalOpenError('LIGHT_DAC', 'i2c.lightAddress', `${chip} does not answer as it should (${detail})`, remedy);
}
