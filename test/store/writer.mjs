// A program that writes a history until it is killed. It says on stdout what flush has promised.
import { randomBytes } from 'node:crypto';
import { writeSync } from 'node:fs';
import { openStore } from '../../dist/src/store/store.js';

const [folder = '', maxBytes = '4194304'] = process.argv.slice(2);
const now = () => ({ monoUs: Math.round(performance.now() * 1000), wallMs: null, clock: 'none' });
const say = (text) => writeSync(1, `${text}\n`);

try {
  const store = await openStore({ folder, maxBytes: Number(maxBytes), maxAgeS: 1e9, now, commitMs: 20 });
  say(`open ${store.boot} ${store.stats().stream}`);
  for (let i = 0; ; ) {
    for (let n = Math.floor(Math.random() * 60); n >= 0; n--, i++) {
      const isEvent = i % 25 === 0;
      store.append({
        kind: isEvent ? 'event' : 'sample',
        body: { i, x: randomBytes(i % 350).toString('base64') },
        urgent: i % 100 === 0,
      });
    }
    await store.flush();
    say(`flushed ${i}`);
    if (Math.random() < 0.3) await new Promise((resolve) => setTimeout(resolve, Math.random() * 10));
    if (Math.random() < 0.2) store.moveCursor((store.stats().newestSeq ?? 0) - 20);
  }
} catch (error) {
  say(`error ${error.name}: ${error.message}`);
  process.exit(1);
}
