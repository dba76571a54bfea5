/**
 * Every setting, declared once. The convict schema, the environment names, `--set`, the checks, the generated
 * reference page and the interfaces that tune the controller are projections of this table.
 *
 * `applies`: live = at the next period boundary · idle = when no run is active · restart = at the next start ·
 * bench = a hard limit or a fact of the wiring: local file only, never from a remote place.
 * For a safety limit `max` (or `min`) is the compiled ceiling: a file may only stay at or inside it.
 */
export type Applies = 'live' | 'idle' | 'restart' | 'bench';

interface Row {
  readonly label: string;
  readonly why: string;
  readonly applies: Applies;
}
export interface NumberRow extends Row {
  readonly kind: 'number';
  readonly unit: string;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly default: number;
}
export interface ChoiceRow extends Row {
  readonly kind: 'choice';
  readonly choices: readonly string[];
  readonly default: string;
}
export interface BooleanRow extends Row {
  readonly kind: 'boolean';
  readonly default: boolean;
}
export interface TextRow extends Row {
  readonly kind: 'text';
  /** What a value must look like, as a regular expression and in words. */
  readonly pattern: string;
  readonly shape: string;
  readonly default: string;
}
export type SettingRow = NumberRow | ChoiceRow | BooleanRow | TextRow;

type Range = readonly [min: number, max: number, step: number];
const number = (
  fallback: number,
  unit: string,
  [min, max, step]: Range,
  applies: Applies,
  label: string,
  why: string,
) => ({ kind: 'number', default: fallback, unit, min, max, step, applies, label, why }) as const;
const choice = <const C extends readonly string[]>(
  choices: C,
  fallback: C[number],
  applies: Applies,
  label: string,
  why: string,
) => ({ kind: 'choice', choices, default: fallback, applies, label, why }) as const;
const flag = (fallback: boolean, applies: Applies, label: string, why: string) =>
  ({ kind: 'boolean', default: fallback, applies, label, why }) as const;
const text = (fallback: string, pattern: string, shape: string, applies: Applies, label: string, why: string) =>
  ({ kind: 'text', default: fallback, pattern, shape, applies, label, why }) as const;

const NAME = '^[a-z0-9][a-z0-9-]{0,63}$';
/** Five fields of digits, names, and * , - / between them. */
const CRON = '^(none|[0-9*,/-]+ [0-9*,/-]+ [0-9*,/-]+ [0-9A-Za-z*,/-]+ [0-9A-Za-z*,/-]+)$';
const FOLDER = '^[^\\u0000]{1,400}$';
const BROKER = '^(none|mqtts?://[A-Za-z0-9.-]{1,200}(:[0-9]{1,5})?)$';
/** A Unix socket’s path must fit into 107 bytes. */
const SOCKET = '^[\\x21-\\x7e]{1,107}$';
/** Pins that are pulled down from power-up on, so nothing heats while the computer starts. */
const PULLED_DOWN: Range = [9, 27, 1];

export const SETTINGS = {
  // --- what the controller is connected to
  'hal.kind': choice(
    ['sim', 'linux'],
    'sim',
    'restart',
    'Hardware layer',
    'sim = simulated bench, linux = Raspberry Pi. Named here and never guessed: nothing falls back to the simulation.',
  ),
  'hal.thermocouple': choice(
    ['max31856', 'max31855'],
    'max31856',
    'restart',
    'Thermocouple converter',
    'The MAX31856 resolves 0.0078 °C; the 0.25 °C steps of a MAX31855 cannot show the 0.5 °C swing of a 0.1/1 s pattern.',
  ),
  'hal.currentSense': choice(
    ['ina226', 'ina219'],
    'ina226',
    'restart',
    'Heater current and voltage monitor',
    'A current reading is the only proof that the MOSFET really switched off.',
  ),
  'hal.photodiodes': choice(
    ['ads1115', 'mcp3208'],
    'ads1115',
    'restart',
    'Photodiode converter',
    'Green, red, broadband and reference photodiode on channels 0 to 3.',
  ),

  // --- the heater, as the local bench declares it
  'heater.currentA': number(
    0.4,
    'A',
    [0.05, 0.5, 0.001],
    'bench',
    'Heater current while on',
    'The electrical envelope follows from it. 0.4 A is the paper’s trade-off of fast swing and heat build-up.',
  ),
  'heater.resistanceOhm': number(
    15,
    'Ω',
    [5, 100, 0.1],
    'bench',
    'ITO heater resistance at room temperature',
    '6 V / 0.4 A in the paper.',
  ),
  'heater.shuntOhm': number(
    0.1,
    'Ω',
    [0.001, 1, 0.0001],
    'bench',
    'Shunt of the current monitor',
    'Every current is this monitor’s voltage over this resistance, so an error here is an error of all current limits.',
  ),
  'heater.gainKPerW': number(
    6.48,
    'K/W',
    [0.5, 20, 0.01],
    'bench',
    'Commissioned steady temperature rise per watt',
    'Predicts the end point of constant heating (I25) and the response that the sensors must show (I11, I12).',
  ),
  'heater.fastShare': number(
    0.58,
    '1',
    [0.1, 1, 0.01],
    'bench',
    'Commissioned share of the rise that is fast',
    'The substrate has two thermal poles; this is the part of the rise with the fast one.',
  ),
  'heater.fastTauS': number(
    2.85,
    's',
    [0.3, 60, 0.01],
    'bench',
    'Commissioned fast time constant',
    'See heater.fastShare.',
  ),
  'heater.slowTauS': number(
    542,
    's',
    [20, 5000, 1],
    'bench',
    'Commissioned slow time constant',
    'See heater.fastShare.',
  ),
  'sensors.thermocoupleLagS': number(
    0.6,
    's',
    [0.05, 10, 0.05],
    'bench',
    'Commissioned lag of the thermocouple',
    'First order. The expected response (I11, I12) passes through it before it is compared.',
  ),
  'sensors.infraredLagS': number(
    0.2,
    's',
    [0.05, 10, 0.05],
    'bench',
    'Commissioned lag of the infrared thermometer',
    'See sensors.thermocoupleLagS.',
  ),
  'sensors.thermocoupleOffsetK': number(
    0,
    'K',
    [-2, 2, 0.01],
    'bench',
    'Commissioned offset of the thermocouple',
    'Added to its reading. Found with the heater off, when both sensors must show the same.',
  ),
  'sensors.infraredOffsetK': number(
    0,
    'K',
    [-2, 2, 0.01],
    'bench',
    'Commissioned offset of the infrared thermometer',
    'See sensors.thermocoupleOffsetK.',
  ),
  'sensors.infraredEmissivity': number(
    0.95,
    '1',
    [0.1, 1, 0.001],
    'bench',
    'Commissioned emissivity of the measured spot',
    'The sensor reckons with 0.95; a spot that emits less under-reads its rise over the sensor’s own temperature.',
  ),
  'photodiodes.greenDarkV': number(
    0,
    'V',
    [-0.5, 0.5, 0.0001],
    'bench',
    'Dark level of the green photodiode',
    'Subtracted.',
  ),
  'photodiodes.redDarkV': number(
    0,
    'V',
    [-0.5, 0.5, 0.0001],
    'bench',
    'Dark level of the red photodiode',
    'Subtracted.',
  ),
  'photodiodes.broadbandDarkV': number(
    0,
    'V',
    [-0.5, 0.5, 0.0001],
    'bench',
    'Dark level of the broadband photodiode',
    'Subtracted.',
  ),
  'photodiodes.referenceDarkV': number(
    0,
    'V',
    [-0.5, 0.5, 0.0001],
    'bench',
    'Dark level of the reference photodiode',
    'Subtracted.',
  ),
  'pl.risingBand': choice(
    ['green', 'red'],
    'green',
    'bench',
    'Band that rises when the film segregates',
    'CsPbBr1.2I1.8 shifts from red to green; samples whose emission shifts red name red. Watched while settings are on trial.',
  ),

  // --- control
  'control.mode': choice(
    ['off', 'constant', 'pulse', 'bangbang', 'pid'],
    'pulse',
    'live',
    'Control mode',
    'pulse is the cure; constant is the paper’s control experiment and segregates the film.',
  ),
  'control.setpointC': number(
    30,
    '°C',
    [15, 40, 0.1],
    'live',
    'Setpoint of the temperature modes',
    'Used by pid and bangbang.',
  ),
  'pulse.onMs': number(
    500,
    'ms',
    [50, 5000, 1],
    'live',
    'Pulse width t',
    '0.5 s every 5 s keeps the film mixed for an hour; 0.1 s every 1 s with the same mean power does not.',
  ),
  'pulse.periodMs': number(5000, 'ms', [500, 60000, 1], 'live', 'Pulse period T', 'See pulse.onMs.'),
  'bangbang.hysteresisK': number(
    0.5,
    'K',
    [0.1, 5, 0.1],
    'live',
    'Full width of the bang-bang hysteresis',
    'Heats below setpoint − half of it, rests above setpoint + half of it.',
  ),
  'pid.gainPerK': number(0.19, '1/K', [0.001, 5, 0.001], 'live', 'PID proportional gain', 'Duty per kelvin of error.'),
  'pid.integralS': number(11.4, 's', [0.5, 1000, 0.1], 'live', 'PID integral time', 'Reset time of the integrator.'),
  'pid.derivativeS': number(0, 's', [0, 60, 0.01], 'live', 'PID derivative time', 'Acts on the measurement only.'),
  'pid.filter': number(8, '1', [2, 50, 1], 'live', 'PID derivative filter N', 'Filter time = derivative time / N.'),
  'pid.setpointWeight': number(
    0.6,
    '1',
    [0, 1, 0.01],
    'live',
    'PID setpoint weight b',
    'Below 1 it trades speed for less overshoot after a setpoint step.',
  ),
  'pid.windowMs': number(
    500,
    'ms',
    [500, 5000, 50],
    'idle',
    'Time-proportioning window',
    'One on-time per window; what is too short to switch is carried over (sigma-delta).',
  ),
  'light.level': number(1, '1', [0, 1, 0.01], 'live', 'Excitation light', '1 = 50 W/cm² on the paper’s sample.'),

  // --- safety limits; a file may only tighten them
  'limits.warnC': number(40, '°C', [10, 40, 0.1], 'bench', 'Warning temperature (I1)', 'Any sensor.'),
  'limits.tripC': number(45, '°C', [10, 45, 0.1], 'bench', 'Trip temperature (I1)', 'Any sensor, two samples.'),
  'limits.constantTripC': number(
    42,
    '°C',
    [10, 42, 0.1],
    'bench',
    'Trip temperature with constant current (I7)',
    'Lower, because constant current has no cooling phase.',
  ),
  'limits.lowC': number(
    5,
    '°C',
    [5, 30, 0.1],
    'bench',
    'Lowest plausible temperature (I2)',
    'A dead converter reads 0.',
  ),
  'limits.riseKPerS': number(12, 'K/s', [1, 12, 0.1], 'bench', 'Largest rise rate over 0.3 s (I3)', 'Thermal shock.'),
  'limits.currentTolerance': number(
    0.15,
    '1',
    [0.02, 0.15, 0.01],
    'bench',
    'Heater current tolerance (I4)',
    'Share of heater.currentA, from 20 ms after an edge on.',
  ),
  'limits.supplyTolerance': number(
    0.1,
    '1',
    [0.02, 0.1, 0.01],
    'bench',
    'Supply voltage tolerance (I4)',
    'Share of heater.currentA × heater.resistanceOhm: 5.4 to 6.6 V for the paper’s heater.',
  ),
  'limits.powerFactor': number(
    1.25,
    '1',
    [1.02, 1.25, 0.01],
    'bench',
    'Largest heater power over its rating (I4)',
    'Rating = current² × resistance: 3.0 W for the paper’s 2.4 W heater.',
  ),
  'limits.leakA': number(
    0.02,
    'A',
    [0.005, 0.02, 0.001],
    'bench',
    'Largest current while the gate is low (I5)',
    'More for 100 ms means a switch that does not open: lockout.',
  ),
  'limits.disagreementK': number(
    4,
    'K',
    [0.5, 4, 0.1],
    'bench',
    'Largest thermocouple − infrared difference (I10)',
    'For 3 s.',
  ),
  'limits.residualK': number(5, 'K', [1, 5, 0.1], 'bench', 'Largest observer residual (I12)', 'For 5 s.'),
  'limits.sampleAgeMs': number(500, 'ms', [200, 500, 10], 'bench', 'Oldest usable sample (I13)', 'Monotonic time.'),
  'limits.endPointC': number(
    60,
    '°C',
    [30, 60, 0.1],
    'bench',
    'Largest predicted end point of constant heating (I25)',
    'Above it arming is refused.',
  ),
  'limits.roomC': number(
    40,
    '°C',
    [15, 40, 0.1],
    'bench',
    'Warmest film at which arming is allowed',
    'A film that is warm before any heat was applied is not understood.',
  ),

  // --- the gate's own limits; handed to the executor at its start
  'gate.longestOnMs': number(5500, 'ms', [50, 5500, 10], 'bench', 'Longest pulse (I7)', 'The gate ends it by itself.'),
  'gate.leastOffMs': number(50, 'ms', [50, 5000, 10], 'bench', 'Shortest off time', 'Between two pulses.'),
  'gate.leaseMs': number(
    250,
    'ms',
    [100, 250, 10],
    'bench',
    'Lease of a gate order (I14)',
    'Without renewal the heater is off after this time. 100 ms tripped falsely on a loaded 2-core machine, 250 ms never.',
  ),
  'gate.dutyMax': number(0.6, '1', [0.05, 0.6, 0.01], 'bench', 'Largest mean duty (I8)', 'Leaky bucket.'),
  'gate.dutyWindowS': number(
    60,
    's',
    [10, 60, 1],
    'bench',
    'Time constant of the duty bucket (I8)',
    'See gate.dutyMax.',
  ),
  'gate.constantS': number(
    900,
    's',
    [0, 3600, 1],
    'bench',
    'Longest constant current (I7)',
    '0 forbids it. The paper’s dark remixing at 35 °C needs 2,000 s, so the ceiling is above the default.',
  ),
  'enable.holdMs': number(
    90,
    'ms',
    [60, 200, 1],
    'bench',
    'Hold time of the ENABLE pump (I16)',
    'The second switch opens this long after the last edge. A control tick that is later than this opens it.',
  ),

  // --- the wiring of a Raspberry Pi (used with hal.kind = linux only)
  'gpio.chip': choice(
    ['auto', 'pinctrl-rp1', 'pinctrl-bcm2711', 'pinctrl-bcm2835'],
    'auto',
    'bench',
    'GPIO chip, by its label',
    'auto takes the one chip with one of these labels and refuses none or two. Numbers of chips and lines differ between kernels; labels do not.',
  ),
  'gpio.heaterLine': number(
    17,
    '1',
    PULLED_DOWN,
    'bench',
    'Line of the heater MOSFET',
    'Owned by the gate process alone. Lines 9 to 27 are pulled down at power-up.',
  ),
  'gpio.enableLine': number(
    27,
    '1',
    PULLED_DOWN,
    'bench',
    'Line of the ENABLE pump',
    'Toggled at the end of every good tick. AC-coupled: neither level alone closes the switch.',
  ),
  'gpio.estopLine': number(22, '1', PULLED_DOWN, 'bench', 'Line of the E-stop contact', 'High = contact closed.'),
  'gpio.lidLine': number(23, '1', PULLED_DOWN, 'bench', 'Line of the lid contact', 'High = contact closed.'),
  'gpio.lightLine': number(
    24,
    '1',
    PULLED_DOWN,
    'bench',
    'Line of the excitation light',
    'On for any level above 0: a digital line cannot dim. See light.drive.',
  ),
  'gpio.sensorPowerLine': number(
    0,
    '1',
    [0, 27, 1],
    'bench',
    'Line that powers the I2C sensors',
    'Last step of the recovery of a hung bus. 0 = the sensors are always powered.',
  ),
  'light.drive': choice(
    ['line', 'none'],
    'line',
    'bench',
    'Drive of the excitation light',
    'line = gpio.lightLine switches it, none = it is lit by hand and remixd only assumes it.',
  ),
  'i2c.bus': number(1, '1', [0, 22, 1], 'bench', 'I2C bus', '/dev/i2c-N.'),
  'i2c.infraredAddress': number(
    0x5a,
    '1',
    [8, 119, 1],
    'bench',
    'I2C address of the infrared thermometer',
    '90 = 0x5A.',
  ),
  'i2c.currentAddress': number(0x40, '1', [8, 119, 1], 'bench', 'I2C address of the current monitor', '64 = 0x40.'),
  'i2c.photodiodeAddress': number(0x48, '1', [8, 119, 1], 'bench', 'I2C address of the ADS1115', '72 = 0x48.'),
  'infrared.checkPec': flag(
    true,
    'bench',
    'Check the infrared thermometer’s packet error code',
    'Linux does not. Off only for a sensor that is known to send none.',
  ),
  'spi.bus': number(0, '1', [0, 6, 1], 'bench', 'SPI bus', '/dev/spidevN.M.'),
  'spi.thermocoupleSelect': number(0, '1', [0, 3, 1], 'bench', 'Chip select of the thermocouple converter', 'M.'),
  'spi.photodiodeSelect': number(1, '1', [0, 3, 1], 'bench', 'Chip select of the MCP3208', 'M.'),
  'spi.clockHz': number(
    1_000_000,
    'Hz',
    [10_000, 5_000_000, 1000],
    'bench',
    'SPI clock',
    'The converters take up to 5 MHz.',
  ),
  'gate.socket': text(
    '/run/remixd/gate.sock',
    SOCKET,
    'a path of at most 107 printable characters without spaces',
    'bench',
    'Socket of the gate process',
    'The executor that owns the heater line listens here for one controller.',
  ),

  // --- the run
  'run.recipe': text(
    'hold-mixed',
    NAME,
    'a recipe name: lower-case letters, digits and dashes',
    'idle',
    'Recipe to run',
    'A file of the recipes folder, without .json.',
  ),
  'loop.tickMs': number(50, 'ms', [20, 50, 1], 'restart', 'Control period', 'At least 20 ticks a second.'),
  'journal.rowMs': number(
    100,
    'ms',
    [50, 60000, 50],
    'restart',
    'Time between two rows of data.csv',
    'Events and edges are recorded whatever this is.',
  ),
  'runtime.stateDir': text(
    'state',
    FOLDER,
    'a folder path',
    'restart',
    'Folder of the safety latch',
    'Must survive a restart.',
  ),
  'runtime.runsDir': text('runs', FOLDER, 'a folder path', 'restart', 'Folder of the run records', 'One folder a run.'),

  // --- telemetry and remote tuning
  'store.maxMb': number(
    300,
    'MB',
    [2, 10_000, 1],
    'restart',
    'Largest history',
    'About 14 MB a day. The oldest telemetry goes first, events last; what was not sent leaves a gap record.',
  ),
  'store.maxAgeD': number(365, 'd', [1, 3650, 1], 'restart', 'Oldest telemetry in the history', 'Events stay.'),
  'mqtt.broker': text(
    'none',
    BROKER,
    'none | mqtt://HOST:PORT | mqtts://HOST:PORT',
    'bench',
    'MQTT broker',
    'Where telemetry goes and commands come from. none = this bench speaks to nobody.',
  ),
  'mqtt.device': text(
    'bench',
    '^[a-z0-9-]{1,32}$',
    'at most 32 lower-case letters, digits and dashes',
    'bench',
    'Name of this device',
    'The topics begin with remix/1/NAME; a client certificate’s common name must be the same.',
  ),
  'mqtt.caFile': text('none', FOLDER, 'a file path, or none', 'bench', 'Certificate of the broker’s authority', 'PEM.'),
  'mqtt.certFile': text(
    'none',
    FOLDER,
    'a file path, or none',
    'bench',
    'Client certificate',
    'PEM; with mqtt.keyFile.',
  ),
  'mqtt.keyFile': text('none', FOLDER, 'a file path, or none', 'bench', 'Key of the client certificate', 'PEM.'),
  'mqtt.passwordFile': text(
    'none',
    FOLDER,
    'a file path, or none',
    'bench',
    'File with user and password',
    'Two lines. Never in the configuration, the record or the log.',
  ),
  'mqtt.homeAssistant': flag(
    false,
    'restart',
    'Describe this device to Home Assistant',
    'Read-only sensors and a Stop button, by device-based discovery; never a switch for heat.',
  ),
  'mqtt.homeAssistantTune': flag(
    false,
    'bench',
    'Let Home Assistant try settings',
    'Live settings become numbers there; each write is a trial that goes back by itself unless it is kept.',
  ),
  'remote.arm': choice(
    ['local', 'remote'],
    'local',
    'bench',
    'Who may start a run',
    'local = a person at the bench only. Stopping is always allowed from everywhere.',
  ),
  'remote.tune': choice(
    ['local', 'remote'],
    'remote',
    'bench',
    'Who may change settings',
    'remote = on trial: what is not confirmed in time goes back by itself. Limits have no topic at all.',
  ),
  'remote.onLinkLoss': choice(
    ['continue', 'stop'],
    'continue',
    'bench',
    'What a run does when the link is lost',
    'Every interlock is local, so a run may go on; a run that was started from afar ends after its own time anyway.',
  ),

  // --- calendar work, once this computer’s clock is set from a time server
  'schedule.timezone': text(
    'UTC',
    '^[A-Za-z][A-Za-z0-9_+/-]{0,63}$',
    'a time zone such as UTC or Europe/Berlin',
    'bench',
    'Time zone of the calendar',
    'UTC has no summer time: elsewhere an hour is left out in spring, and what lies in it is left out, too.',
  ),
  'schedule.start': text(
    'none',
    CRON,
    'minute hour day month weekday, or none',
    'bench',
    'When a run is asked for by itself',
    'It can only ask what a person could: proof test, latches and interlocks apply. One that is missed is not made up for.',
  ),
  'schedule.recipe': text(
    'hold-mixed',
    NAME,
    'a recipe name',
    'bench',
    'Recipe of that run',
    'See remixd simulate --list.',
  ),
  'schedule.durationS': number(
    3600,
    's',
    [1, 14_400, 1],
    'bench',
    'Length of that run',
    'It ends by itself after this, or with its recipe.',
  ),
  'schedule.stop': text(
    'none',
    CRON,
    'minute hour day month weekday, or none',
    'bench',
    'When every run is stopped',
    'One that is missed is made up for at once: less heat is never too late.',
  ),
  'schedule.daily': text(
    '5 0 * * *',
    CRON,
    'minute hour day month weekday, or none',
    'bench',
    'When the summary of the days before is written',
    'An event of the record, with hours, cycles, temperatures and trips. Days that were missed are made up for.',
  ),
  'schedule.retention': text(
    '20 3 * * *',
    CRON,
    'minute hour day month weekday, or none',
    'bench',
    'When old run folders are removed',
    'The running record goes on in a folder of the new day first.',
  ),
  'runs.maxAgeD': number(365, 'd', [1, 3650, 1], 'bench', 'Oldest run folder', 'Older ones are removed at night.'),
  'runs.maxMb': number(
    4000,
    'MB',
    [10, 1_000_000, 10],
    'bench',
    'Room for all run folders',
    'The oldest are removed first, the running one never.',
  ),

  // --- the simulated bench (used with hal.kind = sim only)
  'sim.autoArm': flag(
    true,
    'restart',
    'Arm by itself at the start',
    'On the simulated bench only. On hardware nothing arms by itself: a person does, by key or by remixd run --arm.',
  ),
  'sim.broker': flag(
    true,
    'restart',
    'Broker of its own on the loopback address',
    'On the simulated bench with mqtt.broker = none: it can be watched with any MQTT client. It knows no users.',
  ),
  'sim.brokerPort': number(1883, '1', [1, 65_535, 1], 'restart', 'Port of that broker', 'On 127.0.0.1.'),
  'sim.seed': number(1, '1', [0, 4294967295, 1], 'restart', 'Seed of all chance', 'Same seed, same bytes.'),
  'sim.sample': text('feng-2023', NAME, 'a sample name', 'restart', 'Sample preset', 'See remixd simulate --list.'),
  'sim.ambientC': number(23.8, '°C', [5, 40, 0.1], 'restart', 'Room temperature', 'Simulated bench.'),
  'sim.supplyScale': number(
    1,
    '1',
    [0.5, 5, 0.01],
    'restart',
    'Supply voltage over its nominal value',
    '2 plugs a 12 V supply into the 6 V bench.',
  ),
  'sim.efuse': flag(true, 'restart', 'Electronic fuse of 0.6 A', 'Part of the recommended wiring (I4, hardware).'),
  'sim.thermocoupleContact': number(
    0.97,
    '1',
    [0.5, 1, 0.01],
    'restart',
    'Thermocouple contact',
    'Share of the rise seen.',
  ),
  'sim.thermocoupleLagS': number(0.6, 's', [0.05, 5, 0.05], 'restart', 'Thermocouple lag', 'First order.'),
  'sim.infraredLagS': number(0.2, 's', [0.05, 5, 0.05], 'restart', 'Infrared thermometer lag', 'First order.'),
  'sim.emissivity': number(
    0.95,
    '1',
    [0.1, 1, 0.01],
    'restart',
    'True emissivity of the spot',
    'The sensor is set to 0.95; a lower one under-reads the rise.',
  ),
  'sim.noise': number(1, '1', [0, 5, 0.1], 'restart', 'Noise scale', '0 = none, 1 = as measured, 5 = bad wiring.'),
  'sim.plantMismatch': number(
    0,
    '1',
    [-0.3, 0.3, 0.01],
    'restart',
    'Heating gain of the plant over the commissioned one',
    'For trials of robustness.',
  ),
} as const satisfies Record<string, SettingRow>;

export type SettingKey = keyof typeof SETTINGS;
type ValueOf<R> = R extends { kind: 'choice'; choices: infer C extends readonly string[] }
  ? C[number]
  : R extends { kind: 'boolean' }
    ? boolean
    : R extends { kind: 'number' }
      ? number
      : string;
/** All settings with their values, flat: `settings['pulse.onMs']`. */
export type Settings = { readonly [K in SettingKey]: ValueOf<(typeof SETTINGS)[K]> };

export const SETTING_KEYS = Object.keys(SETTINGS) as SettingKey[];
export const settingRow = (key: SettingKey): SettingRow => SETTINGS[key];

/** The values a program without any file runs with. */
export const defaultSettings = (): Settings =>
  Object.fromEntries(SETTING_KEYS.map((key) => [key, SETTINGS[key].default])) as unknown as Settings;
