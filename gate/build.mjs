// Builds the gate where a C compiler is at hand, as part of npm install. Without one the simulated bench needs none of it,
// and `remixd doctor` says what is missing.
import { spawnSync } from 'node:child_process';

const folder = new URL('.', import.meta.url).pathname;
const { status, error, stderr } = spawnSync('make', ['-s', '-C', folder, 'all'], { encoding: 'utf8' });
if (process.platform !== 'linux') process.exit(0);
if (error || status !== 0) {
  const why = error ? 'there is no make' : stderr.trim().split('\n').at(-1);
  console.log(
    `remixd: the gate was not built (${why}). Only a bench with hardware needs it: sudo apt install build-essential.`,
  );
}
