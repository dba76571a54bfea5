/** `remixd wire`: the wiring, as a table, as JSON or as a drawing. */
import { accessSync, constants, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { LoadedConfig } from '../config/load.ts';
import { Taken } from '../files/taken.ts';
import { wiringPlan } from '../wiring/plan.ts';
import { wiringSheet } from '../wiring/sheet.ts';
import { wiringTable } from '../wiring/table.ts';

export interface WireOptions {
  readonly loaded: LoadedConfig;
  readonly svg: string | null;
  readonly json: boolean;
}

/** A drawing may replace a drawing, and nothing else. @throws Taken for another file, or a file error */
export function requireDrawable(path: string): void {
  if (existsSync(path) && !readFileSync(path, 'utf8').startsWith('<svg ')) throw new Taken(path);
  accessSync(existsSync(path) ? path : dirname(path), constants.W_OK);
}

/** Writes a drawing. @throws as requireDrawable does */
export function draw(path: string, drawing: string): void {
  requireDrawable(path);
  writeFileSync(path, drawing);
}

/** Prints the table or JSON and writes the drawing. Returns the exit code: 1 when the wiring cannot work. */
export function wire({ loaded, svg, json }: WireOptions): number {
  const plan = wiringPlan(loaded.settings);
  if (svg !== null) draw(svg, wiringSheet(plan));
  if (json) process.stdout.write(`${JSON.stringify(plan, null, 1)}\n`);
  else process.stdout.write(`${wiringTable(plan)}\n${svg === null ? '' : `\nDrawing: ${svg}\n`}`);
  return plan.conflicts.some(({ severe }) => severe) ? 1 : 0;
}
