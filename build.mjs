/**
 * Compiles the sources into dist and removes what has no source any more; then the page, where its sources have changed.
 * Incremental: nothing changed costs a second. Used by `npm run build` and, before any test, by vitest, so that no test runs against yesterday’s program.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
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
    if (path.startsWith(join(dist, 'page'))) continue;
    const source = join(root, relative(dist, path).replace(/\.js$/, '.ts'));
    if (!existsSync(source)) rmSync(path);
  }
}

/** When the newest of the files below a folder was changed, ms; 0 where there is none. */
function newest(...folders) {
  const files = folders.filter(existsSync).flatMap((folder) =>
    statSync(folder).isFile()
      ? [folder]
      : readdirSync(folder, { withFileTypes: true, recursive: true })
          .filter((entry) => entry.isFile())
          .map((entry) => join(entry.parentPath, entry.name)),
  );
  return Math.max(0, ...files.map((path) => statSync(path).mtimeMs));
}

/**
 * The page is built by Vite, whose own compiler is an optional package: where it is missing the controller is whole and its
 * page says what to do.
 */
function buildPage() {
  const page = join(root, 'page');
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  const index = join(dist, 'page', 'index.html');
  const isPresent = existsSync(index) && statSync(index).mtimeMs >= newest(page, join(root, 'package-lock.json'));
  if (isPresent || !existsSync(page) || !existsSync(vite)) return;
  const arguments_ = [vite, 'build', '--config', join(page, 'vite.config.mjs')];
  const { status, stderr } = spawnSync(process.execPath, arguments_, { cwd: root, encoding: 'utf8' });
  if (status === 0) return;
  const why = /^.*(?:Error|Cannot find).*$/m.exec(stderr)?.[0]?.trim() ?? `exit ${status}`;
  process.stderr.write(`The page is not built (${why}). Install the optional packages: npm ci.\n`);
}

/** @throws Error when the sources do not compile; what the compiler said is on the standard output */
export function build() {
  sweep();
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const arguments_ = [compiler, '-p', join(root, 'tsconfig.build.json')];
  const { status } = spawnSync(process.execPath, arguments_, { cwd: root, stdio: 'inherit' });
  if (status !== 0) throw new Error('The sources do not compile.');
  buildPage();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    build();
  } catch {
    process.exitCode = 1;
  }
}
