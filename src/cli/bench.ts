/** `remixd bench`: files that describe simulated benches. */
import { writeFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { loadBench } from '../files/bench.ts';
import { fileCause } from '../files/errno.ts';
import { checkValue } from '../params/check.ts';
import { ConfigError } from '../params/problem.ts';
import { SETTINGS } from '../params/settings.ts';
import { type Draw, drawBench } from '../rig/population.ts';
import { filled, finite, jsonOption, refuse } from './options.ts';
import { guarded } from './output.ts';

/** `20..27` as two numbers in order. */
function range(this: unknown, text: string): readonly [number, number] {
  const [, low = '', high = ''] = /^(-?[\d.]+)\.\.(-?[\d.]+)$/.exec(text.trim()) ?? [];
  const [a, b] = [Number(low), Number(high)];
  const { min, max } = SETTINGS['sim.ambientC'];
  if (low === '' || !(a >= min && b <= max && a <= b))
    refuse(this, text, `two temperatures within ${min}..${max} °C, as in 20..27`);
  return [a, b];
}

function spread(this: unknown, text: string): number {
  const value = finite.call(this, text);
  if (!(value >= 0 && value <= 0.5)) refuse(this, text, 'a number from 0 to 0.5');
  return value;
}

function seed(this: unknown, text: string): number {
  const value = finite.call(this, text);
  if (checkValue('sim.seed', value)) refuse(this, text, `a whole number 0..${SETTINGS['sim.seed'].max}`);
  return value;
}

interface MakeFlags extends Draw {
  readonly out?: string;
}

/** Adds `bench make` and `bench check`. */
export function addBench(program: Command): void {
  const bench = program.command('bench').description('draw or check a file that describes a simulated bench');
  bench
    .command('make')
    .description('draw a bench from the population; the same options give the same bench')
    .requiredOption('--seed <N>', 'which bench', seed)
    .option('--spread <F>', 'largest relative change of its parts, 0..0.5', spread, 0.2)
    .option('--room <A..B>', 'range of its room temperature, °C', range, [20, 27] as const)
    .addOption(
      new Option('--plants <KIND>', 'paper: near the paper’s substrate; wide: what laboratories may build')
        .choices(['paper', 'wide'])
        .default('paper'),
    )
    .option('--out <FILE>', 'where to write it; an existing file is not replaced (default: print it)', filled)
    .action((flags: MakeFlags) => guarded(() => make(flags)));
  bench
    .command('check')
    .argument('<file>', 'a bench file')
    .description('check a bench file; every problem in one listing, exit code 78')
    .addOption(jsonOption())
    .action((file: string, { json }: { readonly json?: boolean }) => guarded(() => check(file, json === true)));
}

function make({ out, ...draw }: MakeFlags): number {
  const text = `${JSON.stringify(drawBench(draw), null, 2)}\n`;
  if (out === undefined) {
    process.stdout.write(text);
    return 0;
  }
  try {
    writeFileSync(out, text, { flag: 'wx' });
  } catch (error) {
    const there = (error as NodeJS.ErrnoException).code === 'EEXIST';
    const got = there ? 'a file that is there already' : fileCause(error);
    const remedy = there ? 'Give another name, or remove the file first.' : 'Check the path and its permissions.';
    throw new ConfigError([{ code: 'BENCH_OUT', path: out, got, allowed: 'a new file', remedy }]);
  }
  process.stdout.write(`Written: ${out}\nUse it: remixd simulate --bench ${out}\n`);
  return 0;
}

function check(file: string, json: boolean): number {
  const read = loadBench(file);
  if ('problems' in read) throw new ConfigError(read.problems);
  process.stdout.write(json ? `${JSON.stringify({ ok: true, bench: read.bench })}\n` : `The bench file is valid.\n`);
  return 0;
}
