/** The wiring as a drawing: the header on the left, the power path and the chips on the right, joined by pin numbers. */
import { HEADER, pinName } from './header.ts';
import type { Plan, Wire, WireKind } from './plan.ts';
import { box, disc, drawing, label, stroke } from './svg.ts';

const COLOURS: Record<WireKind, { readonly fill: string; readonly ink: string }> = {
  heater: { fill: '#f6c9c4', ink: '#a3160c' },
  enable: { fill: '#fbdcb4', ink: '#8a4b00' },
  contact: { fill: '#cfe9d2', ink: '#17602a' },
  light: { fill: '#faf0b0', ink: '#6b5900' },
  i2c: { fill: '#cfe1f7', ink: '#0f4a93' },
  spi: { fill: '#e2d4f3', ink: '#57249a' },
  supply: { fill: '#dde1e6', ink: '#37414d' },
};
const GREY = '#46505e';
const IDLE = '#b4bcc6';

const WIDTH = 1320;
const PAD = 30;
const TOP = 84;

// The header: two columns of pins in the middle of a block, texts on both sides.
const HEADER_X = 280;
const ROW = 34;
const PIN_GAP = 40;

function headerPins(wires: readonly Wire[]): string[] {
  const top = TOP + 44;
  const height = 20 * ROW + 12;
  const parts = [
    label(PAD, TOP + 14, '40-pin header, seen from above; pin 1 is next to the corner', { size: 15, weight: 700 }),
    box(HEADER_X - 22, top - 6, PIN_GAP + 44, height, { fill: '#2d3743', stroke: '#1c2430', radius: 8 }),
  ];
  HEADER.forEach((use, i) => {
    const pin = i + 1;
    const odd = pin % 2 === 1;
    const x = HEADER_X + (odd ? 0 : PIN_GAP);
    const y = top + Math.floor(i / 2) * ROW + ROW / 2;
    // Several signals on one pin are a conflict; both are shown.
    const here = wires.filter((wire) => wire.pin === pin);
    const [first] = here;
    const colour = first ? COLOURS[first.kind] : null;
    parts.push(disc(x, y, 13, colour?.fill ?? '#55606d', colour?.ink ?? '#55606d'));
    parts.push(
      label(x, y + 4.5, String(pin), { size: 12, anchor: 'middle', weight: 600, fill: colour?.ink ?? '#d5dae0' }),
    );
    const anchor = odd ? 'end' : 'start';
    const side = odd ? HEADER_X - 32 : HEADER_X + PIN_GAP + 32;
    if (first) {
      const what = here.length > 1 ? here.map(({ short }) => short).join(' + ') : first.signal;
      const text = `${pinName(pin)} · ${what}`;
      parts.push(label(side, y + 4.5, text, { anchor, weight: 600, fill: colour?.ink ?? GREY }));
    } else
      parts.push(label(side, y + 4.5, typeof use === 'number' ? `GPIO${use}` : use, { size: 11, anchor, fill: IDLE }));
  });
  return parts;
}

const RIGHT = 610;
const RIGHT_WIDTH = WIDTH - RIGHT - PAD;
const STEP_GAP = 20;
const STEP_WIDTH = (RIGHT_WIDTH - 4 * STEP_GAP) / 5;
const STEP_HEIGHT = 84;

function powerBoxes({ power, wires }: Plan): string[] {
  const top = TOP + 34;
  const parts = [
    label(RIGHT, TOP + 14, 'Power path: both switches and all contacts in series', { size: 15, weight: 700 }),
  ];
  power.forEach(({ title, detail, line }, i) => {
    // The second row runs back, so that the path never crosses itself.
    const second = i >= 5;
    const column = second ? 9 - i : i;
    const x = RIGHT + column * (STEP_WIDTH + STEP_GAP);
    const y = top + (second ? STEP_HEIGHT + 34 : 0);
    const wire = line === null ? undefined : wires.find(({ key }) => key === line);
    const colour = wire ? COLOURS[wire.kind] : null;
    const middle = x + STEP_WIDTH / 2;
    parts.push(
      box(x, y, STEP_WIDTH, STEP_HEIGHT, { fill: colour?.fill ?? '#f5f7f9', stroke: colour?.ink ?? '#8a94a3' }),
    );
    parts.push(label(middle, y + 24, title, { size: 12, anchor: 'middle', weight: 700 }));
    parts.push(label(middle, y + 44, detail, { size: 11.5, anchor: 'middle', fill: GREY }));
    const pin = wire ? `pin ${wire.pin ?? '?'}, ${wire.name}` : '';
    if (wire)
      parts.push(label(middle, y + 68, pin, { size: 11.5, anchor: 'middle', weight: 600, fill: colour?.ink ?? GREY }));
    if (i === 9) return;
    const centre = y + STEP_HEIGHT / 2;
    if (i === 4) parts.push(stroke([middle, y + STEP_HEIGHT], [middle, y + STEP_HEIGHT + 33], GREY, true));
    else if (second) parts.push(stroke([x, centre], [x - STEP_GAP + 1, centre], GREY, true));
    else parts.push(stroke([x + STEP_WIDTH, centre], [x + STEP_WIDTH + STEP_GAP - 1, centre], GREY, true));
  });
  return parts;
}

const CHIP_TOP = TOP + 34 + 2 * STEP_HEIGHT + 34 + 52;
const CHIP_HEIGHT = 104;
const CHIP_GAP = 18;

function chips({ devices }: Plan): string[] {
  const width = (RIGHT_WIDTH - CHIP_GAP) / 2;
  const parts = [label(RIGHT, CHIP_TOP - 14, 'Sensors: 3.3 V from pin 1, ground on pin 6', { size: 15, weight: 700 })];
  devices.forEach(({ title, part, bus, pins }, i) => {
    const x = RIGHT + (i % 2) * (width + CHIP_GAP);
    const y = CHIP_TOP + Math.floor(i / 2) * (CHIP_HEIGHT + CHIP_GAP);
    const { fill, ink } = COLOURS[bus.startsWith('I2C') ? 'i2c' : 'spi'];
    parts.push(box(x, y, width, CHIP_HEIGHT, { fill, stroke: ink }));
    parts.push(label(x + 14, y + 25, title, { size: 13.5, weight: 700 }));
    parts.push(label(x + 14, y + 46, part, { size: 11.5 }));
    parts.push(label(x + 14, y + 67, bus, { size: 11.5, fill: ink, weight: 600 }));
    parts.push(label(x + 14, y + 88, pins, { size: 11.5, fill: ink, weight: 600 }));
  });
  return parts;
}

const NOTES_TOP = CHIP_TOP + 2 * CHIP_HEIGHT + CHIP_GAP + 46;
const NOTE_ROW = 25;

/** The lines that the settings name, one row each. */
const lineWires = ({ wires }: Plan): readonly Wire[] => wires.filter(({ key }) => key !== null);

function notes(plan: Plan): string[] {
  const parts = [label(RIGHT, NOTES_TOP - 10, 'Lines', { size: 15, weight: 700 })];
  lineWires(plan).forEach(({ pin, short, to, note, kind }, i) => {
    const { fill, ink } = COLOURS[kind];
    const y = NOTES_TOP + 14 + i * NOTE_ROW;
    parts.push(disc(RIGHT + 12, y - 4.5, 11, fill, ink));
    parts.push(label(RIGHT + 12, y - 0.5, String(pin ?? '?'), { size: 11, anchor: 'middle', weight: 600, fill: ink }));
    parts.push(label(RIGHT + 34, y, short, { size: 12, weight: 600, fill: ink }));
    parts.push(label(RIGHT + 116, y, `${to}: ${note}`, { size: 11.5 }));
  });
  return parts;
}

const HEADER_END = TOP + 44 + 20 * ROW + 12;

/** What cannot work, below everything and over the whole width. */
function troubles({ conflicts }: Plan, top: number): string[] {
  return conflicts.flatMap(({ severe, text, remedy }, i) => {
    const y = top + 2 * i * NOTE_ROW;
    const sentence = `${severe ? 'REFUSED' : 'WARNING'}: ${text}.`;
    return [
      label(PAD, y, sentence, { size: 11.5, weight: 700, fill: '#a3160c' }),
      label(PAD + 74, y + 18, remedy, { size: 11.5, fill: '#a3160c' }),
    ];
  });
}

/** The drawing as an SVG file. It names no time and no computer, so the same settings give the same bytes. */
export function wiringSheet(plan: Plan): string {
  const end = Math.max(HEADER_END, NOTES_TOP + lineWires(plan).length * NOTE_ROW) + 34;
  const height = end + 2 * plan.conflicts.length * NOTE_ROW;
  const warning =
    'Equal pin numbers are one wire. Not tried on hardware: check every wire before the supply is switched on.';
  return drawing(WIDTH, height, 'remixd wiring', [
    label(PAD, 40, 'remixd wiring', { size: 22, weight: 700 }),
    label(PAD, 62, warning, { size: 12.5, fill: GREY }),
    ...headerPins(plan.wires),
    ...powerBoxes(plan),
    ...chips(plan),
    ...notes(plan),
    ...troubles(plan, end),
  ]);
}
