/** Messages that no honest client sends, and honest ones that come a second time or too late. None may lead to heat. */
import { commandRow, MQTT_COMMANDS } from '../../src/params/commands.ts';
import { MOST_BYTES } from '../../src/params/mqtt.ts';
import { SETTING_KEYS } from '../../src/params/settings.ts';
import type { Prng } from '../../src/twin/prng.ts';

export interface Message {
  /** What stands below `cmd/`. */
  readonly below: string;
  readonly payload: Uint8Array;
  readonly retain: boolean;
}

/** What the enemy knows. */
export interface Loot {
  /** The nonce of the moment: the retained state shows it to whoever may read. */
  readonly nonce: () => string;
  /** s since 1970. */
  readonly wallS: () => number;
  /** Real commands that were obeyed once. */
  readonly recorded: readonly { readonly below: string; readonly text: string }[];
}

const ODD = [null, true, -1, 0, 1e308, '', 'x'.repeat(100), [], {}, '__proto__', 1.5, '1', 9e15] as const;
/** None of them is obeyed whatever else is wrong. */
const NOT_STOPS = MQTT_COMMANDS.filter(({ name }) => commandRow(name).heat !== 'removes').map(
  ({ alias }) => alias.name,
);
/** A late command is older than its life and what clocks may differ by. */
const LATE_S = 60;
const MOST_OVERSIZE = 1 << 20;

const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

export class Enemy {
  private serial = 0;

  constructor(
    private readonly chance: Prng,
    private readonly loot: Loot,
  ) {}

  next(): Message {
    const kind = this.chance.uniform();
    if (kind < 0.4) return this.fuzzed();
    if (kind < 0.55) return this.replayed();
    if (kind < 0.7) return this.late();
    if (kind < 0.8) return this.retained();
    if (kind < 0.88) return this.strayed();
    if (kind < 0.93)
      return {
        below: this.verb(),
        payload: Uint8Array.from({ length: this.upTo(200) }, () => this.upTo(256)),
        retain: this.chance.uniform() < 0.1,
      };
    if (kind < 0.985) return this.deep();
    return this.oversized();
  }

  /** A start as it should be, with the nonce of the moment. */
  private order(more: object = {}): Record<string, unknown> {
    this.serial += 1;
    return { id: `h${this.serial}`, client: 'evil', nonce: this.loot.nonce(), duration_s: 60, ...more };
  }

  /** Wrong types, unknown keys, cut off texts, nonces of yesterday. */
  private fuzzed(): Message {
    const { chance } = this;
    const odd = (): unknown => this.pick(ODD);
    this.serial += 1;
    const fields: Record<string, unknown> = {
      id: chance.uniform() < 0.7 ? `f${this.serial}` : odd(),
      client: chance.uniform() < 0.7 ? 'evil' : odd(),
    };
    // One that was never good, one that is near, none at all: never the present one.
    if (chance.uniform() < 0.8) fields['nonce'] = this.pick(['0'.repeat(16), `f${this.loot.nonce().slice(1)}`, odd()]);
    if (chance.uniform() < 0.5) fields['duration_s'] = this.pick([60, odd()]);
    if (chance.uniform() < 0.5) fields['base_rev'] = this.pick([0, odd()]);
    if (chance.uniform() < 0.5) fields['patch'] = { [this.pick([...SETTING_KEYS, 'x'])]: odd() };
    if (chance.uniform() < 0.3) fields['ts'] = this.pick([0, 4e9, odd()]);
    if (chance.uniform() < 0.2) fields[this.pick(['constructor', 'toString', 'extra'])] = odd();
    const text = JSON.stringify(fields);
    const end = chance.uniform() < 0.2 ? this.upTo(text.length) : text.length;
    const below = chance.uniform() < 0.9 ? this.verb() : 'x'.repeat(this.upTo(60));
    return { below, payload: new TextEncoder().encode(text.slice(0, end)), retain: chance.uniform() < 0.1 };
  }

  /** A recorded command as it was, under a new id, or with a new date. */
  private replayed(): Message {
    const { below, text } = this.pick(this.loot.recorded);
    const command = JSON.parse(text) as object;
    this.serial += 1;
    const again = this.pick([command, { ...command, id: `r${this.serial}` }, { ...command, ts: this.loot.wallS() }]);
    return { below, payload: encode(again), retain: false };
  }

  /** Right in everything, and too late, or from the future. */
  private late(): Message {
    const now = this.loot.wallS();
    const ts = this.chance.uniform() < 0.7 ? now - LATE_S - 1e4 * this.chance.uniform() : now + LATE_S;
    return { below: 'arm', payload: encode(this.order({ ts, ttl_s: 30 })), retain: false };
  }

  private retained(): Message {
    const more = this.pick([{ below: 'arm' }, { below: 'run/start', recipe: 'hour' }]);
    const { below, ...rest } = more;
    return { below, payload: encode(this.order(rest)), retain: true };
  }

  /** Right in everything, on a topic that is no command, or on somebody else’s. */
  private strayed(): Message {
    const below = this.pick([
      'arm/by/x',
      'arm/by/',
      '/arm',
      'arm/',
      'ARM',
      'arm/by/x/by/evil/',
      'run/start/x',
      'cfg',
      'by/evil',
      'arm/by/x y',
    ]);
    return { below, payload: encode(this.order()), retain: false };
  }

  private deep(): Message {
    const depth = 7 + this.upTo(3000);
    const text = JSON.stringify(this.order()).replace(/}$/, `,"patch":${'['.repeat(depth)}${']'.repeat(depth)}}`);
    return { below: this.pick(['arm', 'try', 'cfg/set']), payload: new TextEncoder().encode(text), retain: false };
  }

  /** Right in everything but its length: from one byte too many to a megabyte. */
  private oversized(): Message {
    const text = JSON.stringify(this.order());
    const most = this.chance.uniform() < 0.05 ? MOST_OVERSIZE : 4 * MOST_BYTES;
    const length = this.pick([MOST_BYTES + 1, MOST_BYTES + 1 + this.upTo(most - MOST_BYTES)]);
    return { below: 'arm', payload: new TextEncoder().encode(text.padEnd(length)), retain: false };
  }

  private verb(): string {
    return this.pick(NOT_STOPS);
  }

  private upTo(limit: number): number {
    return Math.floor(this.chance.uniform() * limit);
  }

  private pick<T>(list: readonly T[]): T {
    return list[this.upTo(list.length)]!;
  }
}
