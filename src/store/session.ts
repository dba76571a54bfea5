/** The history of a run: opened in the state folder, or in memory if that is not possible. */
import { join } from 'node:path';
import type { Settings } from '../params/settings.ts';
import { after, type Instant, instant, seconds } from '../units.ts';
import { History } from './history.ts';
import { type Stamp, TimeSyncWatch } from './record.ts';
import { memoryStore, openStore, type Store, StoreBusy } from './store.ts';

export interface HistorySession {
  readonly store: Store;
  readonly journal: History;
  /** One line for a person when the history is not durable; else null. */
  readonly words: string | null;
  /** s since 1970 while the clock is known to be right; otherwise null. */
  wallS(): number | null;
  /** Call after each control tick: records when the clock was set. */
  tick(): void;
  close(now: Instant): Promise<void>;
}

const LOOK_US = seconds(10);
/** A start waits no longer than this for a slow card; the history is then opened in the background. */
const OPEN_MS = 3000;

/** @param isClockSet whether this computer’s clock is right, as far as anybody knows */
export async function openHistory(
  settings: Settings,
  now: () => Instant,
  isClockSet: () => boolean,
): Promise<HistorySession> {
  let synced = isClockSet();
  const stamp = (): Stamp => ({
    monoUs: now(),
    wallMs: Date.now(),
    clock: synced ? 'synced' : 'unsynced',
  });
  const bounds = { maxBytes: settings['store.maxMb'] * 1e6, maxAgeS: settings['store.maxAgeD'] * 86_400 };
  let words: string | null = null;
  let store: Store;
  try {
    const folder = join(settings['runtime.stateDir'], 'history');
    store = await openStore({ folder, ...bounds, now: stamp, openMs: OPEN_MS });
  } catch (error) {
    words = `The history is kept in memory only and is lost at the end: ${(error as Error).message}`;
    if (!(error instanceof StoreBusy) && !(error instanceof Error && error.name === 'StoreUnavailable')) throw error;
    store = memoryStore({ ...bounds, now: stamp });
  }
  const journal = new History(store);
  const watch = new TimeSyncWatch();
  let lookAt = instant(0);
  return {
    store,
    journal,
    words,
    wallS: () => (synced ? Date.now() / 1000 : null),
    tick: () => {
      if (now() < lookAt) return;
      lookAt = after(now(), LOOK_US);
      synced = isClockSet();
      const sync = watch.check(stamp());
      if (sync) store.append(sync);
    },
    close: async (at) => {
      journal.close(at);
      await store.close();
    },
  };
}
