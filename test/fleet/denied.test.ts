/** A collector whose repairs are denied says so: its holes would stay for ever, in silence. */
import { expect, it } from 'vitest';
import type { Reply } from '../../src/fleet/control.ts';
import { Repair } from '../../src/fleet/repair.ts';
import type { Writer } from '../../src/fleet/writer.ts';

it('says once why the repair of a device does not work, with a remedy, and again after it has worked', async () => {
  const said: string[] = [];
  let reply: Reply | null = null;
  const repair = new Repair({
    url: 'postgresql://nobody@127.0.0.1:1/none',
    writer: {} as Writer,
    control: { up: true, history: () => Promise.resolve(reply) },
    say: (text) => said.push(text),
  });
  const device = { askedAt: Number.NEGATIVE_INFINITY, refusal: null };
  const ask = async (next: Reply | null): Promise<void> => {
    reply = next;
    device.askedAt = Number.NEGATIVE_INFINITY;
    await (repair as unknown as { question(...given: unknown[]): Promise<unknown> }).question(device, 'bench-1', {});
  };
  const denied = { code: 403, text: 'Not authorized', data: null };
  await ask(denied);
  await ask(denied);
  expect(said).toEqual([
    expect.stringMatching(/^The repair of bench-1 does not work.*403 Not authorized.*--client.*role see/),
  ]);
  await ask({ code: 429, text: 'busy', data: null });
  await ask({ code: 200, text: 'Stored records.', data: {} });
  await ask(denied);
  expect(said).toHaveLength(2);
  await ask(null);
  expect(said.at(-1)).toContain('the broker does not deliver its answers to this client');
});
