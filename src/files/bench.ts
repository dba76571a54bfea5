/** Reads a bench file. */
import { type BenchFile, readBench } from '../params/bench-file.ts';
import { parseFile } from '../params/json.ts';
import type { Problem } from '../params/problem.ts';
import { fileCause } from './errno.ts';
import { readText } from './read-text.ts';

/** Loads and checks a bench file, or tells every problem: BENCH_MISSING, BENCH_UNREADABLE, BENCH_SYNTAX, BENCH_VALUE. */
export function loadBench(path: string): { bench: BenchFile } | { problems: Problem[] } {
  const failed = (code: string, got: string, allowed: string, remedy: string) => ({
    problems: [{ code, path: `bench ${path}`, got, allowed, remedy }],
  });
  let text: string;
  try {
    text = readText(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      const remedy = 'Check the path, or draw one with "remixd bench make --seed 1 --out FILE".';
      return failed('BENCH_MISSING', 'no such file', 'a bench file', remedy);
    }
    return failed('BENCH_UNREADABLE', fileCause(error), 'a readable bench file', 'Check the path and its permissions.');
  }
  const json = parseFile(text, 6);
  if ('error' in json) return failed('BENCH_SYNTAX', json.error, 'JSON', 'Correct the JSON at this place.');
  return readBench(path, json.value);
}
