/**
 * Compiles the sources into dist and removes what has no source any more. Incremental: nothing changed costs a second.
 * Used by `npm run build` and, before any test, by vitest, so that no test runs against yesterday’s program.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('.', import.meta.url));
const dist = join(root, 'dist');

/** Removes compiled files whose source is gone: a test must not find them. */
function sweep() {
  if (!existsSync(dist)) return;
  for (const entry of readdirSync(dist, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.js')) continue;
    const path = join(entry.parentPath, entry.name);
    const source = join(root, relative(dist, path).replace(/\.js$/, '.ts'));
    if (!existsSync(source)) rmSync(path);
  }
}

/** @throws Error when the sources do not compile; what the compiler said is on the standard output */
export function build() {
  sweep();
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const arguments_ = [compiler, '-p', join(root, 'tsconfig.build.json')];
  const { status } = spawnSync(process.execPath, arguments_, { cwd: root, stdio: 'inherit' });
  if (status !== 0) throw new Error('The sources do not compile.');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    build();
  } catch {
    process.exitCode = 1;
  }
}
