/**
 * What hostile messages cost the ticking thread: the worst time that one message takes from its bytes to its answer, cold
 * (the first of its kind in this process) and warm.
 */
import { randomBytes } from 'node:crypto';
import { Admission } from '../src/fronts/mqtt/admission.ts';
import { MQTT_COMMANDS } from '../src/params/commands.ts';
import { MOST_BYTES } from '../src/params/mqtt.ts';
import { SETTING_KEYS } from '../src/params/settings.ts';
import { after, instant, SECOND } from '../src/units.ts';
import { FakeBench } from '../test/support/desk.ts';

/** Bodies that are as much work as 16 KiB can be: name -> JSON text of their fields. */
function bodies(): Record<string, string> {
  const many = (n: number, key: (i: number) => string, value: unknown = 1): Record<string, unknown> =>
    Object.fromEntries(Array.from({ length: n }, (_, i) => [key(i), value]));
  const fields: Record<string, object> = {
    'unknown settings, near to real ones': { base_rev: 0, patch: many(235, (i) => `${SETTING_KEYS[i % 100]}${i}`) },
    'unknown settings within the bound': { base_rev: 0, patch: many(100, (i) => `${SETTING_KEYS[i]}x`) },
    'many keys': many(2000, (i) => `k${i}`),
    'keys of many characters': { base_rev: 0, patch: many(3, (i) => 'k'.repeat(4000) + i) },
    'numbers of many digits': { base_rev: 0, patch: { 'pulse.onMs': 1e308, 'pulse.periodMs': -1e308 } },
    'a long text': { recipe: 'r'.repeat(15_000), duration_s: 60 },
    'a text that a pattern goes back over': { recipe: `${'a-'.repeat(7000)}!`, duration_s: 60 },
    'odd characters': { recipe: '\u{1F525}\u202E\0\uFFFF'.repeat(1500), duration_s: 60 },
    'a wide list': { base_rev: 0, patch: { 'run.recipe': Array.from({ length: 5000 }, () => 0) } },
    'every live setting': { base_rev: 0, patch: Object.fromEntries(SETTING_KEYS.slice(0, 120).map((key) => [key, 1])) },
    'names of the language itself': { base_rev: 0, patch: { constructor: 1, __proto__: 2, toString: 3 } },
  };
  const texts = Object.entries(fields).map(([name, value]) => [name, JSON.stringify(value).slice(1, -1)]);
  const deep = `"base_rev":0,"patch":{"run.recipe":${'['.repeat(6000)}${']'.repeat(6000)}}`;
  return { ...Object.fromEntries(texts), 'a deep list': deep };
}

interface Hostile {
  readonly what: string;
  /** The last part of the topic. */
  readonly name: string;
  /** The fields of the message, without the braces around them. */
  readonly fields: string;
}

/** Every command with every body. */
const hostile = (): readonly Hostile[] =>
  Object.entries(bodies()).flatMap(([body, fields]) =>
    MQTT_COMMANDS.map(({ alias }) => ({ what: `${alias.name}: ${body}`, name: alias.name, fields })),
  );

/** A hostile message as it goes over the wire. `nonce` of the bench, so that it is not refused before it is looked at. */
function textOf({ fields }: Hostile, nonce: string): string {
  const head = JSON.stringify({ id: randomBytes(8).toString('hex'), client: 'evil', nonce });
  return `${head.slice(0, -1)},${fields}}`.slice(0, MOST_BYTES);
}

/** The whole hostile set: the topic’s last part and the text of each message. */
export const hostileMessages = (nonce: string): readonly (readonly [name: string, text: string])[] =>
  hostile().map((message) => [message.name, textOf(message, nonce)]);

export interface Cost {
  readonly ms: number;
  readonly worst: string;
  readonly messages: number;
}

/** @returns the worst cold and the worst warm message, ms */
export function messageCost(): { readonly cold: Cost; readonly warm: Cost } {
  const bench = new FakeBench();
  bench.forgets = true;
  const admission = new Admission({ heatTurns: 0 }, () => '0123456789abcdef');
  const all = hostile();
  let mono = instant(0);
  const cost = (message: Hostile): number => {
    const { name } = message;
    const payload = new TextEncoder().encode(textOf(message, admission.nonce));
    mono = after(mono, SECOND);
    const t0 = performance.now();
    const { command, origin } = admission.admit({ name, payload, retain: false }, { mono, wallS: null });
    if (command) bench.desk.submit(command.called.name, command.args, origin);
    const ms = performance.now() - t0;
    bench.notes.length = 0;
    bench.events.length = 0;
    return ms;
  };
  const worst = (costs: readonly { what: string; ms: number }[]): Cost => {
    const top = costs.reduce((a, b) => (b.ms > a.ms ? b : a));
    return { ms: top.ms, worst: top.what, messages: costs.length };
  };
  const cold = worst(all.map((message) => ({ what: message.what, ms: cost(message) })));
  // The least of five tells the message from whatever else the machine does.
  const least = (message: Hostile): number => Math.min(...Array.from({ length: 5 }, () => cost(message)));
  return { cold, warm: worst(all.map((message) => ({ what: message.what, ms: least(message) }))) };
}
