/*
 * A busy computer: one process that makes garbage as fast as it can and writes with fsync, and burns a core.
 *
 *   node load.mjs FOLDER
 */
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const file = openSync(join(process.argv[2], `load-${process.pid}`), 'w');
const block = Buffer.alloc(65_536, 7);
let kept = [];
for (let round = 0; ; round += 1) {
  kept.push({ round, text: `garbage ${round}`.repeat(20), list: new Array(50).fill(round) });
  if (kept.length > 50_000) kept = kept.slice(49_000);
  if (round % 20_000 === 0) {
    writeSync(file, block, 0, block.length, 0);
    fsyncSync(file);
  }
  if (round % 2_000_000 === 1_999_999 && process.ppid === 1) {
    closeSync(file);
    process.exit(0);
  }
}
