import { describe, expect, it } from 'vitest';
import type { Ask } from '../../src/params/controls.ts';
import { FAULT_NAMES, type FaultName } from '../../src/params/faults.ts';
import { COMPILED } from '../../src/params/limits.ts';
import { severity } from '../../src/params/severity.ts';
import { isRunning, SAFETY_STATES, type SafetyState } from '../../src/params/states.ts';
import {
  ACK_US,
  bootState,
  CALM_US,
  type DurableRecord,
  HEALTHY_US,
  type KernelInput,
  type KernelState,
  ORDER_FRESH_US,
  PERMITS,
  PUMP_OPEN_US,
  recordOf,
  stepKernel,
  TEST_LIMIT_US,
  TEST_US,
  worstFault,
} from '../../src/safety/kernel.ts';
import { after, before, type Instant, instant, micros, minus, seconds } from '../../src/units.ts';

const NOW = instant(1_000_000_000_000);
const ago = (us: number): Instant => before(NOW, micros(us));
const FAULT_OF_LEVEL: readonly (FaultName | null)[] = [
  null,
  'temp-warm',
  'end-point',
  'tc-stale',
  'tc-open',
  'leak-current',
];
const [INHIBITED, PAUSED, TRIPPED, LOCKED] = [2, 3, 4, 5];
const RESUME_US = seconds(COMPILED.resumeS);
const PAUSE_US = seconds(COMPILED.pauseS);

const CALM: KernelInput = {
  faults: [],
  ask: null,
  quietUs: TEST_US,
  enableOpenUs: micros(0),
  gateOpenUs: micros(0),
  proven: false,
  runOver: false,
  drained: true,
  record: null,
};

const inState = (name: SafetyState, more: Partial<KernelState> = {}): KernelState => ({
  ...bootState(ago(60e6)),
  name,
  healthySince: ago(HEALTHY_US),
  calmSince: ago(HEALTHY_US),
  latch: name === 'tripped' || name === 'lockout' ? { kind: name, trip: 7, fault: 'tc-open' } : null,
  trips: 7,
  ...more,
});

const step = (state: KernelState, input: Partial<KernelInput> = {}, now = NOW): KernelState =>
  stepKernel(state, { ...CALM, ...input }, now);

describe('the kernel, its whole state space enumerated', () => {
  const ages = [0, PUMP_OPEN_US - 1, PUMP_OPEN_US, TEST_LIMIT_US, TEST_LIMIT_US + 1, ACK_US - 1, ACK_US, PAUSE_US + 1];
  const calms = [null, ago(RESUME_US - 1), ago(CALM_US - 1), ago(CALM_US)];
  const manyPauses = Array.from({ length: COMPILED.pauses }, (_, i) => ago(seconds(COMPILED.stormS) - i));
  const healths = [null, ago(HEALTHY_US - 1), ago(HEALTHY_US)];
  const orders = [null, ago(ORDER_FRESH_US + 1), ago(ORDER_FRESH_US), NOW];
  const histories: (readonly Instant[])[] = [[], [ago(1)], [ago(2), ago(1)], [ago(700e6), ago(1)]];
  const asks: (Ask | null)[] = [
    null,
    { kind: 'arm' },
    { kind: 'stop' },
    { kind: 'acknowledge', trip: 7 },
    { kind: 'acknowledge', trip: 6 },
    { kind: 'reset' },
  ];
  const records: KernelInput['record'][] = [
    null,
    'damaged',
    { armed: false, latch: null, trips: 3, recent: 1 },
    { armed: true, latch: null, trips: 3, recent: 2 },
    { armed: false, latch: { kind: 'tripped', trip: 3, fault: 'lid' }, trips: 3, recent: 0 },
    { armed: true, latch: { kind: 'lockout', trip: 3, fault: 'leak-current' }, trips: 3, recent: 0 },
  ];
  const none = micros(0);
  const less = minus(TEST_US, micros(1));
  const quiets = [
    [none, none, none],
    [less, less, less],
    [TEST_US, TEST_US, none],
    [TEST_US, none, TEST_US],
  ] as const;
  const bools = [false, true];

  /** What matters of calm and of pauses in a state. */
  const memories = (name: SafetyState): [Instant | null, readonly Instant[]][] => {
    if (name === 'armed') return [[], manyPauses.slice(1), manyPauses].map((pauses) => [ago(CALM_US), pauses]);
    return (isRunning(name) && name !== 'paused' ? calms.slice(3) : calms).map((calm) => [calm, []]);
  };

  function* transitions(): Generator<{ from: KernelState; input: KernelInput; to: KernelState; level: number }> {
    for (const name of SAFETY_STATES)
      for (const age of ages)
        for (const healthySince of healths)
          for (const armOrderedAt of name === 'safe' ? orders : [null])
            for (const recent of name === 'safe' ? histories.slice(0, 1) : histories)
              for (const [calmSince, pauses] of memories(name)) {
                const from = Object.freeze(
                  inState(name, { since: ago(age), healthySince, calmSince, armOrderedAt, recent, pauses }),
                );
                for (const [level, fault] of FAULT_OF_LEVEL.entries())
                  for (const ask of asks)
                    for (const [quietUs, enableOpenUs, gateOpenUs] of quiets)
                      for (const proven of bools)
                        for (const runOver of bools)
                          for (const drained of bools)
                            for (const record of name === 'boot' ? records : [null]) {
                              const input = {
                                faults: fault ? [fault] : [],
                                ask,
                                quietUs,
                                enableOpenUs,
                                gateOpenUs,
                                proven,
                                runOver,
                                drained,
                                record,
                              };
                              yield { from, input, to: stepKernel(from, input, NOW), level };
                            }
              }
  }

  it('holds every invariant in every state under every input', () => {
    let count = 0;
    const broken = new Map<string, number>();
    const rule = (holds: boolean, sentence: string): void => {
      if (!holds) broken.set(sentence, (broken.get(sentence) ?? 0) + 1);
    };
    for (const { from, input, to, level } of transitions()) {
      count += 1;
      const entered = to.name !== from.name ? to.name : null;
      const wasDriven = isRunning(from.name);
      rule(SAFETY_STATES.includes(to.name), 'the state has a name');
      rule(!(wasDriven && level >= TRIPPED && isRunning(to.name)), 'a trip or lockout fault ends every running state');
      const { gate, pump } = PERMITS[to.name];
      rule(!(wasDriven && level >= PAUSED && (gate !== 'none' || pump)), 'what pauses takes the heat at once');
      rule(
        !(level === LOCKED && from.name !== 'boot' && to.name !== 'lockout'),
        'a lockout fault locks out from every state',
      );
      rule(!(isRunning(to.name) && !wasDriven && from.name !== 'safe'), 'only safe leads to a driven state');
      if (entered === 'test-enable') {
        rule(from.healthySince !== null && NOW - from.healthySince >= HEALTHY_US, 'arming needs 5 s of health');
        rule(level < INHIBITED, 'arming needs the absence of every fault above a warning');
        const orderedAt = input.ask?.kind === 'arm' ? NOW : from.armOrderedAt;
        rule(orderedAt !== null && NOW - orderedAt <= ORDER_FRESH_US, 'arming needs a fresh order');
        rule(input.ask?.kind !== 'stop', 'a disarm in the same tick wins over an arm order');
        rule(NOW - from.since >= PUMP_OPEN_US, 'ENABLE has had time to open');
      }
      if (entered === 'test-gate')
        rule(from.name === 'test-enable' && input.enableOpenUs >= TEST_US, 'ENABLE is proven first');
      if (entered === 'prove')
        rule(from.name === 'test-gate' && input.gateOpenUs >= TEST_US, 'the gate is proven second');
      if (entered === 'test-opening') rule(from.name === 'prove' && input.proven, 'a pulse is proven third');
      if (entered === 'armed') {
        const shown = from.name === 'test-opening' && input.enableOpenUs >= TEST_US;
        const readable = from.name === 'paused' && level < PAUSED && from.calmSince !== null;
        rule(shown || readable, 'only an ENABLE that opens arms, or what was paused goes on');
        if (readable)
          rule(NOW - (from.calmSince ?? NOW) >= RESUME_US, 'and only after half a second without a bad one');
      }
      if (entered === 'paused') rule(from.name === 'armed' && level === PAUSED, 'only a run pauses');
      if (entered === 'tripped') {
        const timeout = wasDriven && from.name !== 'armed' && NOW - from.since > TEST_LIMIT_US;
        const waited = from.name === 'paused' && NOW - from.since > PAUSE_US;
        const often = from.pauses.length === COMPILED.pauses;
        const byRecord = from.name === 'boot' && input.record !== null;
        rule(
          level >= TRIPPED || timeout || byRecord || (level === PAUSED && (waited || often)),
          'no trip without a fault',
        );
      }
      if (from.name === 'tripped' && entered === 'safe') {
        const { ask } = input;
        rule(ask?.kind === 'acknowledge' && ask.trip === 7, 'a trip is left by an acknowledgement of its own number');
        rule(level < PAUSED && input.drained && NOW - from.since >= ACK_US, 'and only healthy, drained and after 10 s');
        rule(
          from.calmSince !== null && NOW - from.calmSince >= CALM_US,
          'and only when the fault has been gone for 1 s',
        );
      }
      if (from.name === 'lockout' && entered) {
        rule(entered === 'safe' && input.ask?.kind === 'reset', 'lockout is left by a reset only');
        rule(input.quietUs >= TEST_US && level < PAUSED, 'and only with no current');
        rule(
          from.calmSince !== null && NOW - from.calmSince >= CALM_US,
          'and only when the fault has been gone for 1 s',
        );
      }
      const mustLatch = to.name === 'tripped' || to.name === 'lockout';
      rule(mustLatch === (to.latch !== null), 'a latch exists exactly while tripped or locked out');
      if (entered && mustLatch && input.record === null)
        rule(to.latch?.trip === from.trips + 1, 'each trip has a new number');
      const heats = PERMITS[to.name].gate !== 'none' && PERMITS[to.name].pump;
      rule(!heats || to.name === 'prove' || to.name === 'armed', 'both switches are permitted in prove and armed only');
      if (from.name === 'boot') {
        rule(!isRunning(to.name), 'a boot never resumes');
        if (input.record === 'damaged') rule(to.name === 'lockout', 'a damaged record locks out');
        else if (input.record?.latch) rule(to.name === input.record.latch.kind, 'a latch survives the restart');
        else if (input.record?.armed) rule(to.name === 'tripped' || to.name === 'lockout', 'armed at boot is a trip');
      }
    }
    expect(Object.fromEntries(broken)).toEqual({});
    expect(count).toBeGreaterThan(500_000);
  });

  it('reaches every state, and armed only through the whole proof test', () => {
    const edges = new Set<string>();
    for (const { from, to } of transitions()) if (from.name !== to.name) edges.add(`${from.name}>${to.name}`);
    expect([...edges].sort()).toEqual(
      [
        'armed>lockout',
        'armed>paused',
        'armed>safe',
        'armed>tripped',
        'boot>lockout',
        'boot>safe',
        'boot>tripped',
        'lockout>safe',
        'prove>lockout',
        'prove>safe',
        'prove>test-opening',
        'prove>tripped',
        'paused>armed',
        'paused>lockout',
        'paused>safe',
        'paused>tripped',
        'test-opening>armed',
        'test-opening>lockout',
        'test-opening>safe',
        'test-opening>tripped',
        'safe>lockout',
        'safe>test-enable',
        'test-enable>lockout',
        'test-enable>safe',
        'test-enable>test-gate',
        'test-enable>tripped',
        'test-gate>lockout',
        'test-gate>prove',
        'test-gate>safe',
        'test-gate>tripped',
        'tripped>lockout',
        'tripped>safe',
      ].sort(),
    );
  });
});

describe('the kernel at its boundaries', () => {
  it('arms after exactly five healthy seconds and not a microsecond before', () => {
    const order = { ask: { kind: 'arm' } } as const;
    expect(step(inState('safe', { healthySince: ago(HEALTHY_US) }), order).name).toBe('test-enable');
    expect(step(inState('safe', { healthySince: ago(HEALTHY_US - 1) }), order).name).toBe('safe');
  });

  it('gives ENABLE exactly 200 ms in safe to open before a test may close the gate', () => {
    const order = { ask: { kind: 'arm' } } as const;
    expect(step(inState('safe', { since: ago(PUMP_OPEN_US) }), order).name).toBe('test-enable');
    expect(step(inState('safe', { since: ago(PUMP_OPEN_US - 1) }), order).name).toBe('safe');
  });

  it('forgets an arm order that waited longer than ten seconds', () => {
    const waiting = inState('safe', { healthySince: null, armOrderedAt: ago(ORDER_FRESH_US + 1) });
    expect(step(waiting).armOrderedAt).toBeNull();
    expect(step({ ...waiting, armOrderedAt: ago(ORDER_FRESH_US) }).armOrderedAt).not.toBeNull();
  });

  it('gives an arm order up when a disarm follows', () => {
    const waiting = inState('safe', { healthySince: null, armOrderedAt: ago(1) });
    expect(step(waiting, { ask: { kind: 'stop' } }).armOrderedAt).toBeNull();
  });

  it('starts counting health afresh after a fault', () => {
    const ill = step(inState('safe'), { faults: ['tc-open'] });
    expect(ill.healthySince).toBeNull();
    expect(step(ill).healthySince).toBe(NOW);
  });

  it('keeps health through a mere warning', () => {
    expect(step(inState('safe'), { faults: ['temp-warm'] }).healthySince).toBe(NOW - HEALTHY_US);
  });

  it('trips when a test does not finish in time, and not before', () => {
    for (const name of ['test-enable', 'test-gate', 'prove', 'test-opening'] as const) {
      const late = inState(name, { since: ago(TEST_LIMIT_US + 1) });
      expect(step(late, { quietUs: micros(0) }).latch?.fault).toBe('proof-failed');
      expect(step({ ...late, since: ago(TEST_LIMIT_US) }, { quietUs: micros(0) }).name).toBe(name);
    }
  });

  it('locks out on the third trip within ten minutes, and not on the third within eleven', () => {
    const armed = (recent: readonly Instant[]) => inState('armed', { recent });
    const third = step(armed([ago(599e6), ago(300e6)]), { faults: ['lid'] });
    expect([third.name, third.latch?.fault]).toEqual(['lockout', 'trip-storm']);
    expect(step(armed([ago(601e6), ago(300e6)]), { faults: ['lid'] }).name).toBe('tripped');
  });

  it('counts the trips of before a restart as just now, so a crash loop locks out too', () => {
    const record: DurableRecord = { armed: true, latch: null, trips: 5, recent: 2 };
    const booted = step(bootState(NOW), { record });
    expect([booted.name, booted.latch?.fault]).toEqual(['lockout', 'trip-storm']);
    expect(step(bootState(NOW), { record: { ...record, recent: 1 } }).name).toBe('tripped');
    expect(recordOf(inState('armed', { recent: [ago(600e6 + 1), ago(600e6), NOW] }), NOW).recent).toBe(2);
  });

  it('drops a waiting arm order when something is pressed or breaks, and does not start when it is cured', () => {
    const waiting = inState('safe', { healthySince: null, armOrderedAt: ago(1) });
    const pressed = step(waiting, { faults: ['estop'] });
    expect(pressed.armOrderedAt).toBeNull();
    const released = step(pressed, {}, after(NOW, micros(1)));
    expect(step(released, {}, after(after(NOW, HEALTHY_US), micros(2))).name).toBe('safe');
  });

  it('refuses an arm order that comes while a trip-level fault is present, and keeps one that waits for a budget', () => {
    expect(step(inState('safe'), { ask: { kind: 'arm' }, faults: ['lid'] }).armOrderedAt).toBeNull();
    expect(step(inState('safe'), { ask: { kind: 'arm' }, faults: ['heat-budget'] }).armOrderedAt).toBe(NOW);
  });

  it('forgets the storm only with a local reset', () => {
    const locked = inState('lockout', { recent: [ago(3), ago(2), ago(1)] });
    expect(step(locked, { ask: { kind: 'reset' } }).recent).toEqual([]);
  });

  it('gives a pause twelve seconds and six in ten minutes, and not one more', () => {
    const bad = { faults: ['ir-unreadable'] } as const;
    expect(step(inState('paused', { since: ago(PAUSE_US) }), bad).name).toBe('paused');
    expect(step(inState('paused', { since: ago(PAUSE_US + 1) }), bad).latch?.fault).toBe('ir-unreadable');
    const pauses = Array.from({ length: 5 }, (_, i) => ago(600e6 - i));
    const sixth = step(inState('armed', { pauses }), bad);
    expect([sixth.name, sixth.pauses.length]).toEqual(['paused', 6]);
    expect(step(inState('armed', { pauses: sixth.pauses }), bad).latch?.fault).toBe('ir-unreadable');
    const older = [ago(600e6 + 1), ...sixth.pauses.slice(1)];
    expect(step(inState('armed', { pauses: older }), bad).name).toBe('paused');
  });

  it('goes back to safe from a proof test with the order still waiting, and counts it', () => {
    for (const name of ['test-enable', 'test-gate', 'prove', 'test-opening'] as const) {
      const back = step(inState(name), { faults: ['power-unreadable'] });
      expect([back.name, back.armOrderedAt, back.pauses]).toEqual(['safe', NOW, [NOW]]);
    }
  });

  it('lets a permit say more than “nothing” only while a run is under way', () => {
    for (const name of SAFETY_STATES)
      if (!isRunning(name)) expect(PERMITS[name]).toEqual({ gate: 'none', pump: false });
  });

  it('ends a run that is over in safe, with nothing latched', () => {
    const ended = step(inState('armed'), { runOver: true });
    expect([ended.name, ended.latch]).toEqual(['safe', null]);
  });

  it('records running states as armed and nothing else', () => {
    for (const name of SAFETY_STATES) expect(recordOf(inState(name), NOW).armed).toBe(isRunning(name));
  });

  it('restores a lockout from its record and does not count it twice', () => {
    const record: DurableRecord = {
      armed: false,
      latch: { kind: 'lockout', trip: 9, fault: 'leak-current' },
      trips: 9,
      recent: 0,
    };
    const booted = step(bootState(NOW), { record });
    expect([booted.name, booted.latch?.trip, booted.trips]).toEqual(['lockout', 9, 9]);
  });

  it('names the first of the worst faults', () => {
    expect(worstFault([])).toBeNull();
    expect(worstFault(['temp-warm', 'lid', 'tc-open'])).toBe('lid');
    expect(worstFault(['lid', 'leak-current', 'enable-welded'])).toBe('leak-current');
  });

  it('knows an action for every fault', () => {
    for (const name of FAULT_NAMES) expect(severity(name)).toBeGreaterThanOrEqual(1);
  });
});
