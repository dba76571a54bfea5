/**
 * Numbers of the safety design that are compiled in: one home for code, tables and docs. Limits that a bench file may
 * tighten are settings (params/settings/limits.ts).
 */
export const COMPILED = {
  /** Time without a fault above a warning before an arm order is carried out, s. */
  healthyS: 5,
  /** How long an arm order waits for the bench to be healthy, s. */
  orderFreshS: 10,
  /** Time without current that each test of the proof test must show, s (I17). */
  testS: 0.15,
  /** A test that takes longer has failed, s (I17). */
  testLimitS: 3,
  /** Longest proof pulse, s (I17). */
  proofPulseS: 0.05,
  /** Shortest time from a trip to its acknowledgement, s. */
  acknowledgeS: 10,
  /** How long a trip-level fault must be absent before its trip can be cleared, s: some are detected only intermittently. */
  calmS: 1,
  /** How long everything that a run needs must have been readable again before a paused run goes on, s (I13). */
  resumeS: 0.5,
  /** A pause that lasts longer is a trip, s; so is one more than `pauses` within `stormS` (I13). */
  pauseS: 12,
  pauses: 6,
  /** ENABLE is guaranteed open this long after its last edge, s (I16). */
  pumpOpenS: 0.2,
  /** This many trips within `stormS` are a lockout (I23). */
  stormTrips: 3,
  stormS: 600,
  /**
   * Largest mean duty of a bench that nobody commissioned, and how far below the trip the film must end where a local file
   * allows more, K (I8).
   */
  plainDuty: 0.6,
  endMarginK: 3,
  /** Largest t/T of a pulse pattern (I9). */
  pulseShare: 0.55,
  /** Longest run by a remote order or a plan, and of a recipe where the local file does not raise recipe.longestS, s (I19). */
  longestRunS: 14_400,
  /** Longest run of a recipe that a local file may allow, s: a week (I19). */
  recipeCeilingS: 604_800,
  /** Largest temperature any sensor can plausibly read, °C (I2). */
  plausibleC: 120,
  /** Heat with a shorter period has no cycle that a sensor could show, s. */
  leastCycleS: 1.5,
  /** Settling time of the current after a rising edge, s (I4). */
  settleOnS: 0.02,
  /** Current may still be measured this long after a falling edge, s (I5). */
  settleOffS: 0.1,
  /** The gate may say “high” this long after its orders say low, s: two ticks (I29). */
  overrunS: 0.1,
  /** ENABLE stays closed this long after a pulse, so that a MOSFET that does not open is seen (I5), s. */
  leakCheckS: 0.3,
  /** ENABLE is closed again this long before the next pulse, s: two edges, and two late ticks. */
  closeAheadS: 0.25,
  /** ENABLE opens in rests that are longer than this, s (I16). */
  openRestS: 1,
  /** So many single readings of current with the gate low within `leaksS` are a fault, too (I5). */
  leaks: 3,
  leaksS: 60,
  /** Missing current is a fault after this time, s, or in this many pulses (I6). */
  noCurrentS: 0.1,
  noCurrentPulses: 3,
  /** A low supply is a fault after this time, s; a supply above this factor is a fault at once (I4). */
  supplyLowS: 0.2,
  grossSupply: 1.3,
  /** Pulse response / commissioned response, and how many evaluations must be outside with none inside between (I11). */
  responseMin: 0.3,
  responseMax: 2.5,
  responseEvaluations: 3,
  /** An evaluation counts for or against a sensor only when its gain is this many standard errors outside or inside. */
  responseErrors: 1,
  /** An infrared thermometer whose lag is up to this much longer than commissioned, s, still counts as one that follows the heat. */
  infraredSlowerS: 0.2,
  evaluateS: 1.5,
  /** Disagreement of the sensors and residual of the model must last this long, s (I10, I12). */
  disagreementS: 3,
  residualS: 5,
  /** The residual may be larger by this share of the expected rise (I12). */
  residualShare: 0.15,
  /**
   * On a bench that was not commissioned: the band of the response, the share of the expected rise by which readings may
   * differ from each other and from the model (I10 to I12), and how much more heat a frozen reading must have missed.
   */
  unknownResponseMin: 0.05,
  unknownResponseMax: 5,
  unknownShare: 1.2,
  unknownFrozen: 4,
  /** Bad readings after which a sensor counts as absent: in a row, or within a window of seconds (I13). */
  badInARow: 3,
  badInWindow: 4,
  badWindowS: 10,
  /**
   * This many orders in a row without an answer mean that the gate is lost (I14). The newest order is answered between two
   * ticks, however far apart, because answers are read there; with three, a stopped gate kept heating for 205 ms.
   */
  unanswered: 2,
  /** A disk that has not stored the safety record after this time is told, s (I22). */
  slowDiskS: 5,
  /** A record that cannot be written for this long ends the run, s (I22). */
  journalS: 10,
  /** A reading above this share of a photodiode converter’s full scale is not used (I21). */
  saturatedShare: 0.98,
} as const;

export type CompiledName = keyof typeof COMPILED;
