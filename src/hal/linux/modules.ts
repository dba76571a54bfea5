/**
 * The native modules, loaded only when a real bench is opened: everything else works without them, and a computer
 * without a bench need not build them.
 */
import { HalOpenError } from './errors.ts';

const REMEDY =
  'Install a compiler (sudo apt install build-essential python3), then run npm ci in the remixd folder with the Node.js ' +
  'version that runs remixd.';

async function load<T>(name: string, from: () => Promise<{ readonly default: T }>): Promise<T> {
  try {
    return (await from()).default;
  } catch (error) {
    const text = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
    // A module without a binary, or with one for another version of Node, fails later and differently.
    const missing = code === 'ERR_MODULE_NOT_FOUND' && text.includes(`'${name}'`);
    throw missing
      ? new HalOpenError('MODULE_MISSING', name, `the native module ${name} is not installed`, REMEDY)
      : new HalOpenError('MODULE_UNBUILT', name, `the native module ${name} does not load: ${text}`, REMEDY);
  }
}

/** @throws HalOpenError MODULE_MISSING or MODULE_UNBUILT */
export const loadOnoff = () => load('onoff', () => import('onoff'));
/** @throws HalOpenError MODULE_MISSING or MODULE_UNBUILT */
export const loadI2c = () => load('i2c-bus', () => import('i2c-bus'));
/** @throws HalOpenError MODULE_MISSING or MODULE_UNBUILT */
export const loadSpi = () => load('spi-device', () => import('spi-device'));
