/** A user alarm that somebody tries over MQTT, on the simulated bench. */
import { expect, it } from 'vitest';
import { Desk } from '../../../src/desk/desk.ts';
import { startTuning } from '../../../src/desk/tuning.ts';
import { Admission } from '../../../src/fronts/mqtt/admission.ts';
import type { Link } from '../../../src/fronts/mqtt/link.ts';
import { Session } from '../../../src/fronts/mqtt/session.ts';
import { PAYLOADS, topics } from '../../../src/params/mqtt.ts';
import { PULSE, recipeOf, rig } from '../../support/bench.ts';

const NAMES = topics('bench');

it('an alarm that is tried over MQTT ends the run at its limit, and the state says why', () => {
  const recipe = recipeOf(PULSE(600));
  const { simulation } = rig(recipe);
  const { feed, controls } = simulation;
  const unasked = async (): Promise<never> => {
    throw new Error('not asked here');
  };
  const desk = new Desk({
    controls,
    snapshots: feed,
    emit: (event) => feed.emit(event, simulation.now()),
    tuning: startTuning(feed.latest.settings),
    recipe,
    recipes: [],
    loadRecipe: () => recipe,
    keep: async () => {},
    asks: { history: unasked, runs: unasked, doctor: unasked, whatIf: () => null },
  });
  const states: Record<string, unknown>[] = [];
  const answers: { code: number }[] = [];
  const link = {
    up: true,
    roomFor: () => Infinity,
    publish: (topic: string, payload: string) => {
      if (topic === NAMES.state) states.push(PAYLOADS.state.parse(JSON.parse(payload)));
      if (topic === NAMES.answer('ann')) answers.push(JSON.parse(payload));
    },
  };
  const admission = new Admission({ heatTurns: 0 }, () => '0123456789abcdef');
  const session = new Session({
    desk,
    admission,
    topics: NAMES,
    boot: 'b',
    now: () => ({ mono: simulation.now(), wallS: null }),
    about: {},
    newest: () => null,
    stopOnLinkLoss: false,
  });
  feed.subscribe(session);
  session.use(link as unknown as Link);
  session.up();
  const pass = (seconds: number): void => {
    for (let ticks = 0; ticks < 20 * seconds; ticks += 1) {
      simulation.tick();
      desk.tick();
      session.tick();
    }
  };
  let asked = 0;
  const tryOut = (patch: object): number | undefined => {
    asked += 1;
    const message = { id: `a${asked}`, nonce: admission.nonce, base_rev: desk.tuning.rev, patch };
    session.message(NAMES.commandBy('try', 'ann'), new TextEncoder().encode(JSON.stringify(message)), false);
    return answers.at(-1)?.code;
  };
  expect(simulation.arm()).toBe(true);
  pass(20);
  expect(states.at(-1)).toMatchObject({ state: 'armed', alarms: null, ended_by: null, why: null });

  expect(tryOut({ 'alarm.highAction': 'halt' })).toBe(422);
  expect(tryOut({ 'alarm.lowAction': 'warn', 'alarm.lowC': 40 })).toBe(202);
  pass(2);
  expect(states.at(-1)).toMatchObject({ state: 'armed', alarms: 'low', ended_by: null });

  desk.submit('revert', {}, { via: 'terminal', by: 'the terminal', proven: true, roles: ['tune'] });
  pass(1);
  expect(states.at(-1)).toMatchObject({ state: 'armed', alarms: null });
  expect(tryOut({ 'alarm.highAction': 'stop', 'alarm.highC': 20 })).toBe(202);
  // The second of the state is not waited for.
  pass(0.15);
  expect(states.at(-1)).toMatchObject({ state: 'safe', trip: null, alarms: null, ended_by: 'high' });
  expect(states.at(-1)?.['why']).toMatch(
    /^The alarm high ended the run: The film is above 20 °C \(film at 2\d\.\d\d °C\)\.$/,
  );
  expect(states.some(({ alarms }) => alarms === 'high')).toBe(true);
});
