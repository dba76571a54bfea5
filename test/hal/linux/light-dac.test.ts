import { describe, expect, it } from 'vitest';
import { Mcp4725 } from '../../../src/hal/drivers/mcp4725.ts';
import { HalOpenError } from '../../../src/hal/linux/errors.ts';
import { openLightDac } from '../../../src/hal/linux/light-dac.ts';
import type { PlainI2cPort } from '../../../src/hal/ports.ts';
import { Mcp4725Chip } from '../../../src/hal/sim/chips/mcp4725.ts';
import { instant, ratio } from '../../../src/units.ts';
import { i2cPortTo, NAK } from '../support/bench.ts';

const PLACE = { label: 'MCP4725', address: 0x62, bus: 1 };

const bench = (powerUpCode: number) => {
  const world = { level: Number.NaN, deaf: false };
  const chip = new Mcp4725Chip(
    {
      now: () => instant(0),
      drive: (level) => {
        world.level = level;
      },
    },
    { powerUpCode },
  );
  const { readBlock, write } = i2cPortTo(chip);
  const port: PlainI2cPort = {
    readBlock,
    write: (address, bytes, done) => (world.deaf ? done(NAK) : write(address, bytes, done)),
    read: (_address, into, done) => done(chip.read(into) ? null : NAK),
  };
  const dac = new Mcp4725(port, { address: PLACE.address, now: () => instant(0) });
  return { world, chip, port, dac, open: () => openLightDac(dac, PLACE) };
};
const refusal = async (opening: Promise<unknown>): Promise<HalOpenError> => {
  const error: unknown = await opening.catch((thrown: unknown) => thrown);
  if (error instanceof HalOpenError) return error;
  throw new Error('it was not refused');
};

describe('the converter of the light', () => {
  it('is refused as it leaves the factory, dark from then on, with the order that mends it', async () => {
    const { world, chip, open } = bench(0x800);
    expect(world.level).toBeGreaterThan(0.4);
    const { code, path, cause, remedy } = await refusal(open());
    expect([code, path]).toEqual(['LIGHT_POWER_UP', 'light.drive']);
    expect(cause).toContain('code 2048 of 4095');
    expect(world.level).toBe(0);
    const order = /w3@(0x62) (0x\w\w) (0x\w\w) (0x\w\w)$/.exec(remedy);
    expect(order?.[1]).toBe('0x62');
    // The order does what it says.
    chip.write(Uint8Array.from(order?.slice(2).map(Number) ?? []));
    chip.powerCycle();
    expect(world.level).toBe(0);
    await expect(bench(0).open()).resolves.toBeDefined();
  });

  it('is refused when nobody answers', async () => {
    const { world, open } = bench(0);
    world.deaf = true;
    expect((await refusal(open())).code).toBe('LIGHT_DAC');
  });

  it('dims, and is dark when it is closed', async () => {
    const { world, open } = bench(0);
    const light = await open();
    light.set(ratio(0.03));
    expect(world.level).toBeCloseTo(0.03, 3);
    await light.close();
    expect(world.level).toBe(0);
  });

  it('says that the light may be on when it cannot be made dark', async () => {
    const { world, open } = bench(0);
    const light = await open();
    world.deaf = true;
    await expect(light.close()).rejects.toThrow('may still be on');
  });
});
