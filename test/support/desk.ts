/** A real desk before a bench that only writes down what it is asked, in a state that the test sets. */
import { NEVER_SEEN } from '../../src/control/light/verdict.ts';
import { type Asks, Desk, type DeskParts } from '../../src/desk/desk.ts';
import { startTuning } from '../../src/desk/tuning.ts';
import { loadRecipe } from '../../src/files/recipes.ts';
import type { Origin } from '../../src/params/commands.ts';
import type { Ask, Controls } from '../../src/params/controls.ts';
import { eventRecord } from '../../src/params/event-record.ts';
import type { EventBody } from '../../src/params/events.ts';
import type { Page } from '../../src/params/pages.ts';
import type { Recipe } from '../../src/params/recipe.ts';
import { defaultSettings, type Settings } from '../../src/params/settings.ts';
import type { KernelView, Snapshot } from '../../src/params/snapshot.ts';
import type { Latch, SafetyState } from '../../src/params/states.ts';
import { Feed } from '../../src/runtime/feed.ts';
import { atSeconds, instant, micros, millis, seconds } from '../../src/units.ts';

export const AT_BENCH: Origin = { via: 'terminal', by: 'the terminal', proven: true, roles: ['see', 'run', 'tune'] };
export const REMOTE: Origin = { via: 'mqtt', by: 'ann', proven: true, roles: ['see', 'run', 'tune'] };

const NOTHING = { value: null, at: instant(0), good: 0, quality: 'stale' };

/** A bench that is calm in safe, 1,000 s after its start. */
export function snapshot(changes: Partial<Snapshot> = {}, kernel: Partial<KernelView> = {}): Snapshot {
  return {
    at: atSeconds(1000),
    simulated: true,
    kernel: { name: 'safe', since: instant(0), calmSince: instant(0), armOrderedAt: null, latch: null, ...kernel },
    driven: false,
    ordered: false,
    faults: [],
    thermocouple: { value: { celsius: 25, coldJunctionC: 24 }, at: instant(0), good: 1, quality: 'ok' },
    infrared: { ...NOTHING, quality: 'timeout' },
    power: NOTHING,
    photodiodes: NOTHING,
    film: null,
    reach: null,
    saturation: null,
    wanted: null,
    permitted: null,
    gate: { high: false, lastRiseUs: instant(0), lastFallUs: instant(0), heatedUs: micros(0), edges: 0 },
    drained: true,
    quiet: true,
    order: { mode: 'pulse', onUs: millis(500), periodUs: seconds(5), setpointC: 30, swingK: 2.1 },
    light: 0,
    startedAt: null,
    cycles: 0,
    progress: { step: null, number: 0, of: 0, leftS: null },
    finished: false,
    sight: {
      ...NEVER_SEEN,
      since: instant(0),
      cause: {
        name: 'unknown',
        since: instant(0),
        confidence: 0,
        parts: null,
        levelAt: null,
        lasting: 0,
        oneBand: 0,
      },
    },
    alarms: [],
    endedBy: null,
    settings: defaultSettings(),
    revision: 0,
    trial: false,
    run: 0,
    recipe: 'pulse',
    ...changes,
  };
}

export class FakeBench implements Controls {
  /** Everything that the loop was asked, in words; and what the history was asked. */
  readonly asked: string[] = [];
  readonly notes: string[] = [];
  readonly events: EventBody[] = [];
  /** Why what is asked is out of reach. */
  beyond: string | null = null;
  readonly feed = new Feed();
  settings: Settings = defaultSettings();
  revision = 0;
  takes = true;
  /** Shows nothing of what it was asked, so that the same can be asked again. */
  forgets = false;
  page: Page | Error = { stream: 's', newest: 2, records: [{ seq: 1 }, { seq: 2 }] };
  /** The disk under what is kept. */
  disk: () => Promise<void> = async () => {};
  kept: ReturnType<Desk['kept']>[] = [];
  readonly desk: Desk;
  private recipe = 'hold-mixed';

  constructor(settings: Partial<Settings> = {}, more: Partial<DeskParts> = {}) {
    const base: Settings = { ...defaultSettings(), 'remote.arm': 'remote', ...settings };
    this.feed.begin(snapshot({ settings: base }));
    this.feed.subscribe({
      event: (event) => {
        this.events.push(event);
        const record = eventRecord(event);
        if (record) this.notes.push(`${record.kind} ${record.code} ${record.text}`);
      },
    });
    const asks: Asks = {
      history: async ({ after_seq: after, limit, part = 1 }) => {
        this.asked.push(`history ${after} ${limit} ${part}`);
        if (this.page instanceof Error) throw this.page;
        return this.page;
      },
      runs: async () => [],
      doctor: async () => ({ ok: true, findings: [] }),
      whatIf: (s) => ({ mode: s['control.mode'] }),
    };
    this.desk = new Desk({
      controls: this,
      snapshots: this.feed,
      emit: (event) => this.feed.emit(event, this.feed.latest.at),
      tuning: startTuning(base),
      recipe: loadRecipe('hold-mixed'),
      recipes: ['hold-mixed', 'hour'],
      loadRecipe,
      keep: async () => {
        // As the writer does: what is kept is how things stand when it is written.
        await Promise.resolve();
        const now = this.desk.kept();
        await this.disk();
        this.kept.push(now);
      },
      asks,
      ...more,
    });
  }

  /** Another state of the bench. */
  set(changes: Partial<Snapshot>, kernel: Partial<KernelView> = {}): void {
    const { latest } = this.feed;
    this.feed.begin({ ...latest, ...changes, kernel: { ...latest.kernel, ...kernel } });
  }

  state(name: SafetyState, latch: Latch | null = null): void {
    const driven = ['test-enable', 'test-gate', 'prove', 'armed'].includes(name);
    this.set({ driven }, { name, latch });
  }

  /** Seconds since the bench was made. */
  set seconds(s: number) {
    this.set({ at: atSeconds(1000 + s) });
  }

  get seconds(): number {
    return (this.feed.latest.at - 1000e6) / 1e6;
  }

  ask(ask: Ask): boolean {
    if (!this.takes) return false;
    this.asked.push(
      ask.kind === 'arm' ? `arm ${this.recipe}` : ask.kind === 'acknowledge' ? `acknowledge ${ask.trip}` : ask.kind,
    );
    if (this.forgets) this.set({});
    return true;
  }

  use({ name }: Recipe): boolean {
    this.recipe = name;
    return true;
  }

  retune(settings: Settings, revision: number): void {
    this.settings = settings;
    this.revision = revision;
  }

  outOfReach(): string | null {
    return this.beyond;
  }

  /** The light says, from now on, that the film un-mixes. */
  segregate(): void {
    const { sight, at } = this.feed.latest;
    const since = instant(at + 1e6);
    const cause = { ...sight.cause, name: 'segregation', since, confidence: 1 } as const;
    this.set({ sight: { ...sight, verdict: 'SEGREGATING', sight: 'rising', since, segregated: 0.03, cause } });
  }
}
