// Runs on a file system of a few megabytes of its own: fills it, makes room, makes it read-only and writable again.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { openStore } from '../../dist/src/store/store.js';

const mount = process.argv[2] ?? '';
const now = () => ({ monoUs: Math.round(performance.now() * 1000), wallMs: null, clock: 'none' });
const options = { folder: `${mount}/history`, maxBytes: 32 << 20, maxAgeS: 1e9, now, commitMs: 20, retryMs: 100 };
let store = await openStore(options);
let appended = 0;
const append = (n) => {
  for (let i = 0; i < n; i++)
    store.append({ kind: 'event', body: { i: appended++, x: randomBytes(400).toString('base64') } });
};
const until = async (what) => {
  for (let i = 0; i < 200 && !what(); i++) await new Promise((resolve) => setTimeout(resolve, 50));
};
const told = [];

writeFileSync(`${mount}/ballast`, Buffer.alloc(2 << 20));
while (!store.failing && appended < 20_000) {
  append(100);
  await store.flush().catch(() => {});
}
told.push(`full: ${store.stats().lastError}`);
append(100);
rmSync(`${mount}/ballast`);
await until(() => !store.failing);
await store.flush();

await store.close();
execFileSync('mount', ['-o', 'remount,ro', mount]);
store = await openStore(options);
append(50);
await store.flush().catch(() => {});
told.push(`read-only: ${store.failing} ${store.stats().lastError}`);
execFileSync('mount', ['-o', 'remount,rw', mount]);
await until(() => !store.failing);
await store.flush();

const seen = [];
for await (const { seq, body } of store.export()) seen.push([seq, body.i]);
const isWhole = seen.length === appended && seen.every(([seq, i], at) => seq === at + 1 && i === at);
console.log(JSON.stringify({ told, appended, isWhole, dropped: store.stats().dropped }));
await store.close();
