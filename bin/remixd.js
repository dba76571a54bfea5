#!/usr/bin/env node
import { existsSync } from 'node:fs';

const program = new URL('../dist/src/cli/remixd.js', import.meta.url);
if (existsSync(program)) await import(program.href);
else {
  process.stderr.write('remixd is not built yet. Run `npm run build` in its folder, then try again.\n');
  process.exitCode = 1;
}
