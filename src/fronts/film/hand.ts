/**
 * What the film has turned at the desk: the same settings that a person may turn, with the same checks. It knows what the person
 * wanted before, gives way where somebody else turns the same, and puts back what is still its own.
 */
import type { Desk } from '../../desk/desk.ts';
import type { Origin } from '../../params/commands.ts';
import type { Patch } from '../../params/patch.ts';
import type { SettingKey, Settings } from '../../params/settings.ts';
import { secondsOf } from '../../units.ts';

export const ORIGIN: Origin = { via: 'controller', by: 'film', proven: true, roles: ['run', 'tune'] };
/** What it may turn. */
const KEYS = [
  'control.mode',
  'swing.targetK',
  'swing.periodMs',
  'pulse.onMs',
  'pulse.periodMs',
  'light.level',
] as const satisfies readonly SettingKey[];
/** What the desk has refused is not asked again so soon, s. */
const REFUSED_S = 60;
export type Turned = { [K in (typeof KEYS)[number]]?: Settings[K] };

/** Asks the desk for settings as the author “film”. Returns whether it took them. */
function setAsFilm(desk: Desk, patch: Patch): boolean {
  const answer = desk.submit('set', { patch }, ORIGIN);
  return 'code' in answer && answer.code < 400;
}

export class FilmHand {
  /** How often it has changed the heat or the light in all. */
  changes = 0;
  /** What it has told last. */
  said = '';
  /** The values of the person, as they were before the first change of this run, and what the film made of them. */
  private before: Settings | null = null;
  private mine: Turned = {};
  /** What was turned at the desk when it was last looked at. */
  private seen: Desk['turned'] | null = null;
  private refusedAtS = Number.NEGATIVE_INFINITY;
  private refusedLess = false;

  constructor(private readonly desk: Desk) {}

  /** Whether nothing is turned. */
  get rests(): boolean {
    return this.before === null;
  }

  /** The settings as the person wants them. */
  get wanted(): Settings {
    return this.before ?? this.desk.snapshot.settings;
  }

  /** The settings as they are. */
  get now(): Settings {
    return this.desk.snapshot.settings;
  }

  say(text: string): void {
    this.said = text;
    this.desk.note('note', 'film', text);
  }

  /** Whether others have turned what the film has turned before: from now on that is theirs. */
  yielded(): boolean {
    const { turned } = this.desk;
    if (this.before === null || turned === this.seen) return false;
    this.seen = turned;
    if (turned.origin === ORIGIN) return false;
    // What a person has turned is theirs, also where they turned it to what it was.
    const theirs = KEYS.filter((key) => key in turned.patch);
    for (const key of theirs) delete this.mine[key];
    return theirs.length > 0;
  }

  /** What it changed goes back, but for what somebody else has turned since; what is refused, with the next call a minute later. */
  release(): void {
    const { before, mine, desk } = this;
    if (!before) return;
    const { settings } = desk.snapshot;
    const keys = KEYS.filter((key) => key in mine && settings[key] === mine[key] && settings[key] !== before[key]);
    const patch = Object.fromEntries(keys.map((key) => [key, before[key]]));
    const atS = secondsOf(desk.snapshot.at);
    if (keys.length > 0 && atS - this.refusedAtS < REFUSED_S) return;
    if (keys.length > 0 && !this.submit(patch)) {
      this.refusedAtS = atS;
      // Heat that was meant to last some seconds does not stay because what was before is out of reach by now.
      if (keys.includes('control.mode') || keys.includes('pulse.onMs')) this.heatOff();
      // The light goes back whatever becomes of the heat.
      if ('light.level' in patch && this.submit({ 'light.level': before['light.level'] })) delete mine['light.level'];
      return;
    }
    this.before = null;
    this.mine = {};
  }

  /** Everything as the person wants it, for now. Where the desk refuses that, the heat goes off and the light stays as it is. */
  restore(why: string): boolean {
    const { before } = this;
    if (before === null) return true;
    const asked = secondsOf(this.desk.snapshot.at) - this.refusedAtS >= REFUSED_S;
    if (!this.turn(Object.fromEntries(KEYS.map((key) => [key, before[key]])), null)) {
      if (asked) this.heatOff();
      return false;
    }
    this.say(why);
    this.changes += 1;
    return true;
  }

  /** A trial that began meanwhile does not prolong what was meant to last some seconds. */
  endTrial(): void {
    this.desk.submit('revert', {}, ORIGIN);
  }

  private heatOff(): void {
    if (this.now['control.mode'] === 'off' || !this.submit({ 'control.mode': 'off' })) return;
    this.mine = { ...this.mine, 'control.mode': 'off' };
    this.say('The heat as it was before is refused now: it goes off, and is asked for again every minute.');
  }

  /** Whether the desk took it; `why` null = a second part of what was just told. */
  turn(patch: Turned, why: string | null): boolean {
    const { settings } = this.desk.snapshot;
    const before = this.before ?? settings;
    const now = { ...settings, ...this.mine };
    const keys = KEYS.filter((key) => key in patch && patch[key] !== now[key]);
    if (keys.length === 0) return true;
    const atS = secondsOf(this.desk.snapshot.at);
    const light = patch['light.level'];
    const isLess = keys.length === 1 && light !== undefined && light < settings['light.level'];
    // A refused pattern does not keep the light on; a desk that refuses even that is not asked at every tick.
    if ((!isLess || this.refusedLess) && atS - this.refusedAtS < REFUSED_S) return false;
    if (why !== null) this.say(why);
    if (!this.submit(patch as Patch)) {
      this.refusedAtS = atS;
      this.refusedLess = isLess;
      return false;
    }
    this.before = before;
    this.mine = { ...this.mine, ...patch };
    if (why !== null) this.changes += 1;
    return true;
  }

  private submit(patch: Patch): boolean {
    return setAsFilm(this.desk, patch);
  }
}
