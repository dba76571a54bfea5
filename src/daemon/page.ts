/** The page of a running controller: its place at the desk, its server, and what people are told of it at the start. */
import { randomBytes } from 'node:crypto';
import type { Desk } from '../desk/desk.ts';
import { type RunFolder, version } from '../files/run-folder.ts';
import type { FilmFront } from '../fronts/film/front.ts';
import type { FrontClock } from '../fronts/front.ts';
import { NO_PAGE, openWeb, type WebFront } from '../fronts/web/front.ts';
import type { LinkTrouble } from '../params/link-trouble.ts';
import type { Settings } from '../params/settings.ts';
import type { Rig } from '../rig/rig.ts';
import { recentPast } from '../store/recent.ts';
import type { HistorySession } from '../store/session.ts';
import { firstTokenOr, startPage } from '../web/open.ts';

interface PageParts {
  readonly desk: Desk;
  readonly bench: Rig;
  readonly clock: FrontClock;
  readonly settings: Settings;
  readonly past: HistorySession;
  readonly journal: RunFolder;
  readonly film: FilmFront;
  /** Names of the recipes of this device. */
  readonly shelf: { names: readonly string[] };
  readonly link: () => LinkTrouble | null;
  readonly speed: number;
  readonly configArguments: readonly string[];
}

/** The front, and where people find it. */
export interface Page {
  readonly front: WebFront;
  readonly told: string;
}

export async function openPage({
  desk,
  bench,
  clock,
  settings,
  past,
  journal,
  film,
  shelf,
  link,
  speed,
  configArguments,
}: PageParts): Promise<Page> {
  if (settings['web.port'] === 0) return { front: NO_PAGE, told: 'none (web.port = 0)' };
  const { simulated } = desk.snapshot;
  // Shown once, so only where somebody looks: the log of a service is no place for it.
  const token =
    simulated || process.stdout.isTTY
      ? firstTokenOr(settings['runtime.stateDir'], (why) => desk.note('trouble', 'page', why))
      : null;
  const { boot } = past.store;
  const disk = (): string | null => {
    if (journal.failing) return 'The record cannot be written.';
    return past.store.failing ? 'The history cannot be written.' : past.words;
  };
  const front = await openWeb(desk, bench.feed, clock, {
    ...{ settings, boot, speed, link, disk },
    version: version(),
    start: startPage(settings, boot, configArguments),
    newNonce: () => randomBytes(8).toString('hex'),
    record: () => journal.folder,
    find: () => film.find,
    recipes: (names) => {
      shelf.names = names;
    },
    past: (of) => recentPast(past.store, of, () => ({ now: bench.now(), wallMs: Date.now() })),
    realMs: () => performance.now(),
  });
  return { front, told: toldOf(front.address(), token) };
}

function toldOf(address: string | null, token: string | null): string {
  const secret = token === null ? '' : `; its token is ${token}  (shown once)`;
  if (address === null) return `none yet: the record says why${secret}`;
  return token === null ? address : `${address}/#${token}  (shown once)`;
}
