/**
 * The controller as it runs on a bench: the only place that wires. It reads from the bench outwards: configuration, record
 * and history, rig, desk, fronts.
 */
import { join } from 'node:path';
import type { LoadedConfig } from './config/load.ts';
import { asksOf } from './daemon/asks.ts';
import { openPage } from './daemon/page.ts';
import { Desk } from './desk/desk.ts';
import { checkOrders, type StandingOrders, standingOrders } from './desk/standing-orders.ts';
import { startTuning } from './desk/tuning.ts';
import { aboutOf } from './files/about.ts';
import { credentialFiles, credentialProblems, readCredentials } from './files/credentials.ts';
import { FoundMemory } from './files/found-patterns.ts';
import { fileInTheWay } from './files/in-the-way.ts';
import { type KeptFile, KeptWriter, putAside, readKept } from './files/kept.ts';
import { type LatchFile, latchInFolder } from './files/latch.ts';
import { forgetLink, linkKeeper } from './files/link-state.ts';
import { lockFolder } from './files/lock.ts';
import { messageProblems, messageSecrets } from './files/messages.ts';
import { loadRecipe, ownRecipes, recipeNames } from './files/recipes.ts';
import { stampOf, turnOver } from './files/retention.ts';
import { type RunFacts, RunFolder, recipeHash, recordWords, version } from './files/run-folder.ts';
import { type CalendarOptions, openCalendar, scheduleProblems } from './fronts/calendar/calendar.ts';
import { openFilm } from './fronts/film/front.ts';
import type { Front, FrontClock } from './fronts/front.ts';
import { openMessages } from './fronts/messages/front.ts';
import type { IdAnswer } from './fronts/mqtt/admission.ts';
import type { MqttFront, MqttOptions } from './fronts/mqtt/front.ts';
import { openService, type ServiceFront } from './fronts/service/front.ts';
import type { Notifier } from './fronts/service/notify.ts';
import { openTerminal, type TerminalFront } from './fronts/terminal/front.ts';
import { MOST_BYTES_SENT } from './params/pages.ts';
import { type Patch, patchText } from './params/patch.ts';
import { autoPolicy } from './params/policy.ts';
import { ConfigError, type Problem } from './params/problem.ts';
import type { Recipe } from './params/recipe.ts';
import { recipeLimitProblems } from './params/recipe-limits.ts';
import type { Settings } from './params/settings.ts';
import type { Snapshot } from './params/snapshot.ts';
import { assembleHardware, assembleSimulation, sampleProblems } from './rig/assemble.ts';
import { BenchCycles } from './rig/bench-cycles.ts';
import type { Rig } from './rig/rig.ts';
import { searchChance } from './rig/search-chance.ts';
import type { InjectionOrder } from './rig/simulation.ts';
import { openSlowOffers } from './rig/slow-offer.ts';
import { ClockSync } from './runtime/clock-sync.ts';
import { type HistorySession, openHistory } from './store/session.ts';
import { summarise } from './store/summaries.ts';
import { instant } from './units.ts';
import { pageProblems } from './web/open.ts';

export interface DaemonOptions {
  /** Reads the configuration with the state folder’s layers; called again once the folder is locked. */
  readonly load: () => LoadedConfig;
  /** Recipe name or file, instead of the setting. */
  readonly recipe: string | null;
  readonly injections: readonly InjectionOrder[];
  readonly orders: StandingOrders;
  readonly speed: number;
  /** The options that lead to the same configuration, for a child process. */
  readonly configArguments: readonly string[];
  readonly notifier: Notifier;
  /** The person at the terminal wants to end. */
  readonly stop: () => void;
}

export interface Daemon {
  readonly rig: Rig;
  readonly desk: Desk;
  readonly settings: Settings;
  /** Where the run is recorded now. */
  readonly folder: () => string;
  readonly terminal: TerminalFront;
  readonly service: ServiceFront;
  /** One control tick, and what follows it. */
  tick(): void;
  /** Writes what has gathered of the record; never rejects. */
  flush(): Promise<void>;
  /** Writes the end of the record. */
  end(): Promise<void>;
  /** Gives everything back, the bench first. */
  close(): Promise<void>;
}

/** Whatever would keep a run with these settings from starting, beside what the settings’ own checks find. */
export function startProblems(settings: Settings, recipe: string | null = null): Problem[] {
  const problems: Problem[] = [
    ...folderProblems(settings),
    ...messageProblems(settings),
    ...pageProblems(settings),
    ...sampleProblems(settings),
    ...scheduleProblems(settings, recipeNames(ownOf(settings))),
  ];
  try {
    problems.push(...recipeLimitProblems(loadRecipe(recipe ?? settings['run.recipe'], ownOf(settings)), settings));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    problems.push(...error.problems);
  }
  if (usesMqtt(settings))
    problems.push(...credentialProblems(() => readCredentials(credentialFiles(settings)), CREDENTIAL_SETTINGS));
  return problems;
}

/** Where this device keeps recipes of its own. */
const ownOf = (settings: Settings): string => ownRecipes(settings['runtime.stateDir']);

/** Folders that no account could make. What this account may write is a matter of the account: doctor looks at it. */
const folderProblems = (settings: Settings): Problem[] =>
  (['runtime.stateDir', 'runtime.runsDir'] as const).flatMap((path) => {
    const got = fileInTheWay(settings[path]);
    if (got === null) return [];
    const remedy = 'Move the file away, or name another folder.';
    return [{ code: 'CONFIG_FOLDER', path, got: `${got} is a file`, allowed: 'a folder', remedy }];
  });

const CREDENTIAL_SETTINGS = ['mqtt.caFile', 'mqtt.certFile', 'mqtt.keyFile', 'mqtt.passwordFile'];
const usesMqtt = (s: Settings): boolean => s['mqtt.broker'] !== 'none' || (s['hal.kind'] === 'sim' && s['sim.broker']);

/** Opens everything. @throws ConfigError, HalOpenError or a file error; nothing stays open then */
export async function openDaemon(options: DaemonOptions): Promise<Daemon> {
  const stateDir = options.load().settings['runtime.stateDir'];
  const opened = new Opened();
  opened.add(lockFolder(stateDir));
  opened.add(() => forgetLink(stateDir));
  try {
    return await wire(options, opened);
  } catch (error) {
    await opened.close();
    throw error;
  }
}

/** What was opened. The bench is given back first, whatever else takes its time: heat must not wait for it. */
class Opened {
  private bench: (() => Promise<void>) | null = null;
  private readonly others: (() => Promise<void> | void)[] = [];

  heater(close: () => Promise<void>): void {
    this.bench = close;
  }

  add(close: () => Promise<void> | void): void {
    this.others.push(close);
  }

  /** Closes all, the newest of the others first; one that fails does not keep the rest open. */
  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (const close of [this.bench, ...this.others.splice(0).reverse()]) {
      await Promise.resolve(close?.()).catch((error: unknown) => failures.push(error));
    }
    this.bench = null;
    if (failures.length > 0) throw failures[0];
  }
}

async function wire(options: DaemonOptions, opened: Opened): Promise<Daemon> {
  const start = startOf(options);
  const { settings, recipe, kept, latch, loaded } = start;

  // --- record and history; the history needs the bench’s time, which is there a moment later
  let rig: Rig | null = null;
  const journal = new RunFolder(start.folder, start.facts);
  const past = await openHistory(settings, () => rig?.now() ?? instant(0), clockWord(settings));
  opened.add(() => past.close(rig?.now() ?? instant(0)));

  // --- the controller on its bench
  const parts = { settings, bench: loaded.bench, recipe, latch, journals: [journal, past.journal], wallUtc };
  const bench: Rig = start.simulated
    ? assembleSimulation({ ...parts, injections: options.injections })
    : await assembleHardware(parts);
  rig = bench;
  opened.heater(() => bench.close().then(() => latch.settled()));
  await journal.open();

  // --- the desk, and what it keeps over a restart
  const { feed, controls } = bench;
  let remote: MqttFront | null = null as MqttFront | null;
  const keptNow = (): KeptFile<IdAnswer> => ({ ...kept, ...desk.kept(), ...remote?.kept(), cycles: cycles.total });
  const writer = new KeptWriter<IdAnswer>(settings['runtime.stateDir'], keptNow);
  const shelf = { names: recipeNames(ownOf(settings)) };
  const desk: Desk = new Desk({
    controls,
    snapshots: feed,
    emit: (event) => feed.emit(event, bench.now()),
    tuning: startTuning(settings, loaded.confirmed as Patch, restartRevision(kept)),
    recipe,
    // People may keep another one while the program runs; the page’s server says so.
    get recipes() {
      return shelf.names;
    },
    loadRecipe: (name) => loadTold(desk, name),
    keep: () => writer.write(),
    asks: asksOf(settings, past, options.configArguments, () => remote?.mostBytes() ?? MOST_BYTES_SENT),
  });
  const cycles = new BenchCycles(kept.cycles, () => desk.keepSoon());
  feed.subscribe(cycles);
  const learning = learningOf(desk, bench, loaded);

  const open = await openFronts({ desk, bench, start, past, journal, found: learning.found, options, shelf });
  remote = open.mqtt;
  const { fronts, terminal, service } = open;
  for (const front of fronts) opened.add(() => front.close());
  tellStart(desk, start, past, journal.id);
  const following = [desk, past, learning, ...fronts];
  const orders = standingOrders(desk, options.orders);
  return {
    rig: bench,
    desk,
    settings,
    folder: () => journal.folder,
    terminal,
    service,
    tick: () => {
      orders();
      bench.tick();
      for (const each of following) each.tick();
    },
    flush: () => journal.flush(),
    end: () => learning.end().then(() => journal.close(endOf(desk.snapshot, bench, cycles.total))),
    close: () => opened.close(),
  };
}

interface FrontParts {
  readonly desk: Desk;
  readonly bench: Rig;
  readonly start: Start;
  readonly past: HistorySession;
  readonly journal: RunFolder;
  readonly found: FoundMemory;
  readonly options: DaemonOptions;
  readonly shelf: { names: readonly string[] };
}

/** Everybody who stands at the desk. */
async function openFronts({ desk, bench, start, past, journal, found, options, shelf }: FrontParts) {
  const { settings, recipe } = start;
  const { feed } = bench;
  const clock: FrontClock = { mono: () => bench.now(), wallS: past.wallS };
  const service = openService(desk, feed, clock, options.notifier);
  // Loaded here and not above: other commands need neither MQTT nor its libraries.
  const { openMqtt } = await import('./fronts/mqtt/front.ts');
  const mqtt = await openMqtt(desk, feed, clock, mqttOptions(start, past));
  const { speed, configArguments } = options;
  const film = openFilm(desk, autoPolicy, found, searchChance(settings['sim.seed']));
  const parts = { desk, bench, clock, settings, past, journal, film, shelf, speed, configArguments };
  const page = await openPage({ ...parts, link: mqtt.trouble });
  const calendar = openCalendar(desk, feed, clock, calendarOptions(settings, past, journal));
  const terminal = openTerminal(desk, feed, clock, {
    speed,
    recipe: recipe.name,
    folder: () => journal.folder,
    truth: () => bench.truth(),
    remote: [mqtt.words, past.words].filter((words) => words !== null).join('; '),
    trouble: mqtt.trouble,
    page: page.told,
    stop: options.stop,
  });
  const messages = openMessages(desk, feed, clock, { ...start, past });
  const fronts: readonly Front[] = [messages, page.front, film, mqtt, calendar, terminal, service];
  return { fronts, mqtt, terminal, service };
}

/** What the runs of this program teach: of the bench, offered and not in force, and which pattern has held the film. */
function learningOf(
  desk: Desk,
  { feed }: Rig,
  loaded: LoadedConfig,
): { readonly found: FoundMemory; tick(): void; end(): Promise<unknown> } {
  const note = (code: string) => (kind: 'note' | 'trouble', text: string) => desk.note(kind, code, text);
  const found = new FoundMemory({ ...loaded, wallUtc, note: note('film') });
  const slow = openSlowOffers({ loaded, wallUtc, note: note('slow-pole'), run: () => desk.snapshot.run });
  if (slow) feed.subscribe(slow.watch);
  return { found, tick: () => slow?.tick(), end: () => Promise.all([slow?.end(), found.settled()]) };
}

/** How the program ended, for run.json. */
const endOf = (
  { kernel: { name: state, latch }, endedBy, cycles }: Snapshot,
  bench: Rig,
  benchCycles: number,
): Readonly<Record<string, unknown>> => ({
  ...{ state, latch, endedBy, cycles, benchCycles },
  trips: bench.trips(),
  heaterA: bench.heaterA(),
});

/** Asks whether this computer’s clock is right. */
function clockWord(settings: Settings): () => boolean {
  const sync = new ClockSync(settings['schedule.clock'] === 'trusted');
  return () => sync.isSet();
}

const wallUtc = (): string => new Date().toISOString();

/** What is known before anything is opened. */
interface Start {
  readonly loaded: LoadedConfig;
  readonly settings: Settings;
  readonly simulated: boolean;
  readonly recipe: Recipe;
  readonly kept: KeptFile<IdAnswer>;
  /** What was kept could not be trusted and was put aside. */
  readonly damaged: boolean;
  readonly latch: LatchFile;
  readonly folder: string;
  readonly facts: RunFacts;
  readonly secrets: ReturnType<typeof messageSecrets>;
}

/** @throws ConfigError with everything that is wrong with the configuration or the orders */
function startOf(options: DaemonOptions): Start {
  const loaded = options.load();
  const { settings } = loaded;
  const problems = startProblems(settings, options.recipe);
  if (problems.length > 0) throw new ConfigError(problems);
  const stateDir = settings['runtime.stateDir'];
  const simulated = settings['hal.kind'] === 'sim';
  const latch = latchInFolder(stateDir, simulated);
  checkOrders(latch.load(), options.orders);
  const { kept, damaged } = readKept<IdAnswer>(stateDir);
  if (damaged) putAside(stateDir);
  const recipe = loadRecipe(options.recipe ?? settings['run.recipe'], ownOf(settings));
  const wallTime = new Date().toISOString();
  const folder = join(settings['runtime.runsDir'], `${stampOf(Date.parse(wallTime))}-${recipe.name}`);
  const facts = { loaded, settings, recipe, simulated, wallTime };
  const secrets = messageSecrets(settings);
  return { loaded, settings, simulated, recipe, kept, damaged, latch, folder, facts, secrets };
}

const mqttOptions = ({ settings, simulated, kept }: Start, past: HistorySession): MqttOptions => ({
  settings,
  version: version(),
  about: aboutOf(settings, simulated),
  credentials: usesMqtt(settings) ? readCredentials(credentialFiles(settings)) : {},
  outbox: past.store,
  boot: past.store.boot,
  newest: () => newestOf(past),
  kept,
  told: linkKeeper(settings['runtime.stateDir'], process.pid),
});

const calendarOptions = (settings: Settings, past: HistorySession, journal: RunFolder): CalendarOptions => ({
  settings,
  computerUs: () => instant(performance.now() * 1000),
  chores: {
    daily: (closing) => summarise(settings, past, closing),
    retention: (wallMs) => turnOver(settings, journal, wallMs),
  },
});

/** The revision of a dropped trial stands for settings that are gone. */
const restartRevision = ({ rev, trial }: KeptFile<IdAnswer>): number => (trial ? Math.max(rev, trial.rev) + 1 : rev);

/** Loads the recipe that a run asks for by name, and says in the record which one it is. @throws ConfigError */
function loadTold(desk: Desk, name: string): Recipe {
  const recipe = loadRecipe(name, ownOf(desk.snapshot.settings));
  desk.note('note', 'recipe', `recipe ${name}: ${recipe.title} (hash ${recipeHash(recipe)})`);
  return recipe;
}

/** What people should know of this start, in the record. */
function tellStart(desk: Desk, { loaded, kept, damaged, facts }: Start, past: HistorySession, id: string): void {
  desk.note('note', 'record', recordWords(facts, id));
  if (past.words !== null) desk.note('trouble', 'history', past.words);
  if (damaged) desk.note('trouble', 'remote-damaged', 'remote.json could not be trusted and was put aside');
  if (loaded.dropped.size > 0) {
    const words = [...loaded.dropped].map(([key, why]) => `${key} (${why})`).join('; ');
    desk.note('trouble', 'confirmed-dropped', `confirmed settings that are not in force: ${words}`);
  }
  if (!kept.trial) return;
  const { rev, by, patch } = kept.trial;
  const keys = typeof patch === 'string' ? patch : patchText(patch);
  desk.note('note', 'trial-ended', `trial ${rev} of ${by} (${keys}) went back: the controller was restarted`);
  desk.keepSoon();
}

const newestOf = ({ store }: HistorySession): { stream: string; seq: number } | null => {
  const { stream, newestSeq } = store.stats();
  return stream === null || newestSeq === null ? null : { stream, seq: newestSeq };
};
