/**
 * Every interlock, declared once. An id is never reused: a retired one keeps its row, with the reason.
 *
 * In `limit`, `{name}` stands for a number: a setting’s default (`{limits.tripC}`) or a compiled limit (`{calmS}`), with
 * its unit. So a table always shows the numbers that the code uses.
 */
export interface InterlockRow {
  readonly title: string;
  readonly limit: string;
  /** Why this id is not in use; absent for one that is. */
  readonly retired?: string;
}

export const INTERLOCKS = {
  I1: { title: 'over-temperature, any sensor', limit: 'warn {limits.warnC}, trip {limits.tripC}, two samples' },
  I2: {
    title: 'implausible reading',
    limit:
      'below {limits.lowC}, above {plausibleC} °C, all-zero or all-one frame, cold junction outside its range, a jump between two frames',
  },
  I3: { title: 'rise rate', limit: '{limits.riseKPerS} over 0.3 s, two in a row' },
  I4: {
    title: 'electrical envelope',
    limit:
      'current ±{%limits.currentTolerance} from {settleOnS} s after the edge, two samples; power {%limits.powerFactor} of rating, two samples; ' +
      'supply ±{%limits.supplyTolerance} (high: two samples, or at once above {%grossSupply}; low: {supplyLowS} s)',
  },
  I5: {
    title: 'current while the gate is low',
    limit:
      '{limits.leakA}, {settleOffS} s after the gate’s own falling edge, two samples, or {leaks} single ones in {leaksS} s: lockout',
  },
  I6: {
    title: 'no current while the gate is high',
    limit: 'below half of the set current for {noCurrentS} s, or in {noCurrentPulses} pulses',
  },
  I7: {
    title: 'longest conduction',
    limit:
      '{gate.longestOnMs}; constant current {gate.constantS} with the trip at {limits.constantTripC}, also in several pieces unless a rest of {gate.dutyWindowS} separates them',
  },
  I8: {
    title: 'conduction budget',
    limit:
      'mean duty {gate.dutyMax}, up to {>gate.dutyMax} where a local file says so, the bench is commissioned and its predicted end temperature stays {endMarginK} K below {limits.tripC}; leaky bucket of {gate.dutyWindowS}, enforced by the gate; the gate-keeper pauses heating before the gate would refuse, and reports it; a new run waits until half of the bucket has drained',
  },
  I9: {
    title: 'order bounds',
    limit:
      't {<pulse.onMs} to {>pulse.onMs}, T {<pulse.periodMs} to {>pulse.periodMs}, t/T ≤ {pulseShare} in settings and recipes, current ≤ {>heater.currentA}; gate-keeper and gate bound every single pulse',
  },
  I10: {
    title: 'sensors disagree',
    limit: '{limits.disagreementK} for {disagreementS} s, each reading less the rise that it should show after its lag',
  },
  I11: {
    title: 'pulse response',
    limit:
      '{responseMin} to {responseMax} × the commissioned response, {responseEvaluations} evaluations {evaluateS} s apart, each by {responseErrors} standard error of the sensor’s own noise; on a commissioned bench the infrared response is too small only if it is so with a lag longer by {infraredSlowerS} s as well; a sensor too noisy for that is not judged, nor is one while both show the same movement beside the heat; unchanged code although the heat should change it',
  },
  I12: {
    title: 'residual against the expected temperature',
    limit: '{limits.residualK}, and {%residualShare} of the expected rise, for {residualS} s',
  },
  I13: {
    title: 'bad and old samples',
    limit:
      '{badInARow} bad in a row, {badInWindow} interruptions in {badWindowS} s, or older than {limits.sampleAgeMs}; a bad sample is absent, never held; ' +
      'a run pauses without heat and goes on after {resumeS} s without a bad one; a pause of more than {pauseS} s, or more than {pauses} in {stormS} s, is a trip',
  },
  I14: {
    title: 'liveness',
    limit:
      'the gate’s lease {gate.leaseMs}; the controller detects a closed connection to the gate at once, and a gate that leaves {unanswered} orders in a row unanswered',
  },
  I15: { title: 'pulse end', limit: 'every order carries its own end' },
  I16: {
    title: 'pump',
    limit:
      'opens at most {pumpOpenS} s after the last edge (simulated: {enable.holdMs}, so a late tick opens it), shown at every arming; ' +
      'stays open in rests longer than {openRestS} s, from {leakCheckS} s after a pulse to {closeAheadS} s before the next',
  },
  I17: { title: 'proof test', limit: 'at every arming, see above' },
  I18: { title: 'E-stop, lid', limit: 'contacts in series with the heater, and read back every tick' },
  I19: {
    title: 'run without a link',
    limit:
      'a remote order and a planned run end by themselves after at most {longestRunS} s, even if the link is lost; a recipe of steps is refused when it could take longer than {recipe.longestS}, which only the local file can raise, to at most {>recipe.longestS}; a recipe that follows the settings runs until a person at the bench stops it',
  },
  I20: {
    title: 'command validity',
    limit: 'only arm, stop, acknowledge and settings on trial; no command sets the gate, a limit or a pin',
  },
  I21: {
    title: 'PL signal unusable, and feedback from it',
    limit:
      'a signal that cannot be used is a warning: it never stops the schedule and starts no change of it; what film.policy changes passes the checks of any setting and lies inside I7 to I9; less light is always safe, and no interlock depends on it',
  },
  I22: { title: 'record cannot be written', limit: '{journalS} s' },
  I23: { title: 'trip storm', limit: '{stormTrips} in {stormS} s: lockout' },
  I24: {
    title: 'thermal cutout on the holder',
    limit: '60 °C, in the heater loop',
    retired: 'Implemented in hardware; no software reads it.',
  },
  I25: { title: 'predicted end temperature of constant current', limit: '{limits.endPointC}: arming refused' },
  I26: {
    title: 'configuration',
    limit: 'settings have bounds and compiled ceilings; arming is refused if the limits announced by the gate differ',
  },
  I27: { title: 'too warm to arm', limit: '{limits.roomC} before any heat was applied: arming refused' },
  I28: {
    title: 'durable record',
    limit:
      'armed at start: trip; damaged record: lockout; nothing is energised before the record is on disk, and no tick waits for that',
  },
  I29: {
    title: 'gate on beyond its order',
    limit:
      'high by its own account {overrunS} s after its orders say low; any current while the proof test holds it low: lockout',
  },
} as const satisfies Record<string, InterlockRow>;

export type InterlockId = keyof typeof INTERLOCKS;
export const INTERLOCK_IDS = Object.keys(INTERLOCKS) as InterlockId[];
export const interlockRow = (id: InterlockId): InterlockRow => INTERLOCKS[id];
