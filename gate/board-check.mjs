// What only a board can show: does the heater line fall when its owner is killed? Heater supply unplugged, gate stopped:
//   sudo systemctl stop remixd remixd-gate && sudo node gate/board-check.mjs /etc/remixd/gate.conf
// Run it with and without dtparam=strict_gpiod. Levels are read with "pinctrl lev LINE" (package raspi-utils).
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { openGate } from '../dist/src/hal/linux/gate.js';
import { MONOTONIC } from '../dist/src/runtime/clock.js';

const [limits = '/etc/remixd/gate.conf', socket = '/run/remixd-check.sock'] = process.argv.slice(2);
const here = (name) => new URL(name, import.meta.url).pathname;
const line = /^heater-line (\d+)/m.exec(readFileSync(limits, 'utf8'))[1];
const level = () => execFileSync('pinctrl', ['lev', line], { encoding: 'utf8' }).trim();
const rest = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const gate = spawn(here('remixd-gate'), ['--limits', limits, '--socket', socket], { stdio: 'inherit' });
const client = await openGate({ path: socket, now: MONOTONIC.now });
client.play({ onUs: 5e6, periodUs: 20e6, startUs: MONOTONIC.now() }, 250_000);
await rest(100);
const pulse = level();
gate.kill('SIGKILL');
await rest(500);
const killed = level();
execFileSync(here('remixd-off'), ['--limits', limits, '--line', 'heater'], { stdio: 'inherit' });
console.log(
  `scheduling ${client.hello.scheduling} · in the pulse ${pulse} (want 1) · gate killed ${killed} (0 with strict_gpiod) · after remixd-off ${level()} (want 0)`,
);
process.exit(pulse === '1' && level() === '0' ? 0 : 1);
