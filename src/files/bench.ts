/** Reads a bench file. */
import { type BenchFile, readBench } from '../params/bench-file.ts';
import type { Problem } from '../params/problem.ts';
import { readJsonFile } from './json-file.ts';

/** Loads and checks a bench file, or tells every problem: BENCH_MISSING, BENCH_UNREADABLE, BENCH_SYNTAX, BENCH_VALUE. */
export function loadBench(path: string): { bench: BenchFile } | { problems: Problem[] } {
  const json = readJsonFile({
    path,
    levels: 6,
    code: 'BENCH',
    where: `bench ${path}`,
    what: 'bench file',
    missing: 'Check the path, or draw one with "remixd bench make --seed 1 --out FILE".',
  });
  if ('problem' in json) return { problems: [json.problem] };
  return readBench(path, json.value, (where) => ({ file: path, ...json.placeOf(where) }));
}
