/** The heater’s power path: what lies in series between the supply and ground, in this order. */
import { chipOf } from '../params/sensors.ts';
import type { Settings } from '../params/settings.ts';
import type { LineKey } from './conflicts.ts';

export interface PowerStep {
  readonly title: string;
  readonly detail: string;
  /** The line that drives or reads this part, if there is one. */
  readonly line: LineKey | null;
}

const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));

/**
 * A monitor that measures the supply at its own shunt has to sit before the switches to see it. With one that has an
 * input of its own for that, the shunt lies last, where the leak of every part before it is seen.
 */
export function powerPath(settings: Settings): readonly PowerStep[] {
  const amps = settings['heater.currentA'];
  const ohm = settings['heater.resistanceOhm'];
  const monitor = chipOf(settings, 'power');
  const first = monitor.shunt === 'before the switches';
  const shunt: PowerStep = { title: 'Shunt', detail: `${monitor.label}, ${settings['heater.shuntOhm']} Ω`, line: null };
  return [
    { title: 'Supply', detail: `${rounded(amps * ohm, 2)} V DC`, line: null },
    { title: 'Electronic fuse', detail: '0.6 A', line: null },
    ...(first ? [shunt] : []),
    { title: 'E-stop', detail: 'first contact', line: 'gpio.estopLine' },
    { title: 'Lid', detail: 'first contact', line: 'gpio.lidLine' },
    { title: 'Thermal cutout', detail: 'on the stage', line: null },
    { title: 'ENABLE switch', detail: 'charge pump', line: 'gpio.enableLine' },
    { title: 'MOSFET', detail: 'logic level', line: 'gpio.heaterLine' },
    { title: 'ITO heater', detail: `${rounded(ohm, 1)} Ω, ${amps} A`, line: null },
    ...(first ? [] : [shunt]),
    { title: 'Ground', detail: 'star point', line: null },
  ];
}
