/**
 * The parts of the three native modules that this room uses. Declared here and not taken from the packages, so that the
 * project also compiles where they were not installed.
 */
declare module 'onoff' {
  class Gpio {
    constructor(
      line: number,
      direction: 'in' | 'low',
      options: { readonly activeLow: boolean; readonly reconfigureDirection: boolean },
    );
    readSync(): 0 | 1;
    writeSync(value: 0 | 1): void;
    direction(): string;
    activeLow(): boolean;
    unexport(): void;
  }
  const onoff: { readonly Gpio: typeof Gpio };
  export default onoff;
  export type { Gpio };
}

declare module 'i2c-bus' {
  export interface Bus {
    readI2cBlock(
      address: number,
      command: number,
      length: number,
      into: Buffer,
      done: (error: unknown, bytes: number) => void,
    ): void;
    i2cRead(address: number, length: number, into: Buffer, done: (error: unknown, bytes: number) => void): void;
    i2cWrite(address: number, length: number, from: Buffer, done: (error: unknown, bytes: number) => void): void;
    closeSync(): void;
  }
  const i2c: { openSync(bus: number): Bus };
  export default i2c;
}

declare module 'spi-device' {
  export interface Device {
    transfer(
      message: readonly {
        readonly byteLength: number;
        readonly sendBuffer: Buffer;
        readonly receiveBuffer: Buffer;
        readonly speedHz: number;
      }[],
      done: (error: unknown) => void,
    ): void;
    closeSync(): void;
  }
  const spi: {
    open(
      bus: number,
      device: number,
      options: { readonly mode: number; readonly maxSpeedHz: number },
      done: (error: unknown) => void,
    ): Device;
  };
  export default spi;
}
