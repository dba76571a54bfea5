/** A message of a simulated bench, as a way is given it. */
import type { Delivery } from '../../src/params/messages.ts';

export const delivery = (changes: Partial<Delivery> = {}): Delivery => ({
  kind: 'trip',
  code: 'E402',
  urgent: true,
  title: 'Tripped: Lid open',
  text: 'The lid is open.',
  remedy: 'Close the lid.',
  id: '5c1f3a52-0000-4000-8000-000000000001',
  count: 1,
  device: 'bench-7',
  sample: 'A3, 40 % Br',
  simulated: true,
  run: 1,
  wall_s: 1_800_000_000,
  mono_s: 20,
  missed: 0,
  late_s: 0,
  ...changes,
});
