// Made by `npm run docs` from the tables of remixd. Do not edit.

/** What a token may, from the least to the most. */
export type Role =
  | 'see'
  | 'run'
  | 'tune';

/** What a command is answered with, as the codes of HTTP. */
export type Code =
  | 200
  | 202
  | 400
  | 403
  | 404
  | 408
  | 409
  | 410
  | 413
  | 422
  | 423
  | 429
  | 503;

/** Commands of the HTTP API. */
export type CommandName =
  | 'stop'
  | 'arm'
  | 'acknowledge'
  | 'try'
  | 'confirm'
  | 'revert'
  | 'find'
  | 'find-stop'
  | 'ping'
  | 'get'
  | 'history'
  | 'check'
  | 'what-if'
  | 'doctor';

/** Commands that can lead to heat: they need the nonce of the present state. */
export type HeatingCommand =
  | 'arm'
  | 'try'
  | 'find';

/** Arguments of each command. `id` and `nonce`: the client fills in what is missing. */
export interface Arguments {
  /** Stop. Heater off, ENABLE open, state safe. Obeyed from anybody, whatever else is wrong with the message. */
  readonly 'stop': {
    /** A name for this order: the same order sent again gets the same answer and is not carried out twice. */
    readonly id?: string;
  };
  /** Arm. Runs the proof test and then a recipe, for at most duration_s. Waits up to 10 s for 5 healthy seconds; refused while a trip-level fault is present. */
  readonly 'arm': {
    /** A name for this order: the same order sent again gets the same answer and is not carried out twice. */
    readonly id?: string;
    readonly duration_s: number;
    readonly recipe?: string;
    /** `nonce` of the present state; a void one is answered with 410. */
    readonly nonce?: string;
  };
  /** Acknowledge a trip. Must name the trip’s number; works when the fault has been gone for 1 s, the heat budget has drained and 10 s have passed. Does not arm. */
  readonly 'acknowledge': {
    /** A name for this order: the same order sent again gets the same answer and is not carried out twice. */
    readonly id?: string;
    readonly trip: number;
  };
  /** Try settings. They run until confirm_s is over; then the ones before come back, unless the trial was confirmed. */
  readonly 'try': {
    /** A name for this order: the same order sent again gets the same answer and is not carried out twice. */
    readonly id?: string;
    readonly base_rev: number;
    readonly patch: Patch;
    readonly confirm_s?: number;
    /** `nonce` of the present state; a void one is answered with 410. */
    readonly nonce?: string;
  };
  /** Keep the trial. Only this makes settings survive. It is answered once they would survive a power cut. */
  readonly 'confirm': {
    /** A name for this order: the same order sent again gets the same answer and is not carried out twice. */
    readonly id?: string;
    readonly rev: number;
  };
  /** End the trial. The settings before the trial come back at once. */
  readonly 'revert': {
    /** A name for this order: the same order sent again gets the same answer and is not carried out twice. */
    readonly id?: string;
  };
  /** Find a pattern. Seeks the gentlest pulse pattern that keeps the film mixed, by trials: each begins in the dark and ends with some seconds of light. The pattern found is in force until the run ends. A trip, the end of the run, a turned setting or find-stop ends the search, and what it changed goes back. */
  readonly 'find': {
    /** A name for this order: the same order sent again gets the same answer and is not carried out twice. */
    readonly id?: string;
    /** `nonce` of the present state; a void one is answered with 410. */
    readonly nonce?: string;
  };
  /** End the search for a pattern. Heat and light as they were before the search come back at once, also where a pattern that it found is in force. */
  readonly 'find-stop': {
    /** A name for this order: the same order sent again gets the same answer and is not carried out twice. */
    readonly id?: string;
  };
  /** Ping. Answers at once. */
  readonly 'ping': {
    /** A name for this order: the same order sent again gets the same answer and is not carried out twice. */
    readonly id?: string;
  };
  /** State and settings. What the retained topics say, in one answer. */
  readonly 'get': {
    /** A name for this order: the same order sent again gets the same answer and is not carried out twice. */
    readonly id?: string;
  };
  /** Stored records. Records after a number, as many as fit into one message; one that is too long comes in parts. */
  readonly 'history': {
    /** A name for this order: the same order sent again gets the same answer and is not carried out twice. */
    readonly id?: string;
    readonly after_seq: number;
    readonly limit?: number;
    readonly part?: number;
  };
  /** Check settings. Whether a trial of these settings would be accepted; nothing is changed. */
  readonly 'check': {
    /** A name for this order: the same order sent again gets the same answer and is not carried out twice. */
    readonly id?: string;
    readonly patch: Patch;
  };
  /** What settings would do. Swing, mean temperature now and within the hour, peak against the trip, duty against its limit and settling time of the heat now and with these settings, from the commissioned model as the observer corrects it. */
  readonly 'what-if': {
    /** A name for this order: the same order sent again gets the same answer and is not carried out twice. */
    readonly id?: string;
    readonly patch: Patch;
  };
  /** Examine the computer. Findings with a remedy each; drives nothing and does not ask the sensors, which the controller uses. */
  readonly 'doctor': {
    /** A name for this order: the same order sent again gets the same answer and is not carried out twice. */
    readonly id?: string;
  };
}

/** Every setting: what it is, what is allowed, and when a change acts. */
export interface Settings {
  /** Hardware layer: sim | linux; restart */
  readonly 'hal.kind': 'sim' | 'linux';
  /** Thermocouple converter: max31856 | max31855; restart */
  readonly 'hal.thermocouple': 'max31856' | 'max31855';
  /** Infrared thermometer: mlx90614; restart */
  readonly 'hal.infrared': 'mlx90614';
  /** Heater current and voltage monitor: ina226 | ina219; restart */
  readonly 'hal.currentSense': 'ina226' | 'ina219';
  /** Photodiode converter: ads1115 | mcp3208 | as7341; restart */
  readonly 'hal.photodiodes': 'ads1115' | 'mcp3208' | 'as7341';
  /** Heater current while on: a number from 0.05 to 0.5 A; bench */
  readonly 'heater.currentA': number;
  /** ITO heater resistance at room temperature: a number from 5 to 100 Ω; bench */
  readonly 'heater.resistanceOhm': number;
  /** Shunt resistor of the current monitor: a number from 0.001 to 1 Ω; bench */
  readonly 'heater.shuntOhm': number;
  /** Thermal response is known: true | false; bench */
  readonly 'heater.commissioned': boolean;
  /** Commissioned steady temperature rise per watt: a number from 0.5 to 20 K/W; bench */
  readonly 'heater.gainKPerW': number;
  /** Commissioned fast share of the temperature rise: a number from 0.1 to 1; bench */
  readonly 'heater.fastShare': number;
  /** Commissioned fast time constant: a number from 0.3 to 60 s; bench */
  readonly 'heater.fastTauS': number;
  /** Commissioned slow time constant: a number from 20 to 5000 s; bench */
  readonly 'heater.slowTauS': number;
  /** Commissioned lag of the thermocouple: a number from 0.05 to 10 s; bench */
  readonly 'sensors.thermocoupleLagS': number;
  /** Commissioned lag of the infrared thermometer: a number from 0.05 to 10 s; bench */
  readonly 'sensors.infraredLagS': number;
  /** Share of the film’s temperature rise that the thermocouple feels: a number from 0.3 to 1; bench */
  readonly 'sensors.thermocoupleContact': number;
  /** Commissioned offset of the thermocouple: a number from -2 to 2 K; bench */
  readonly 'sensors.thermocoupleOffsetK': number;
  /** Commissioned offset of the infrared thermometer: a number from -2 to 2 K; bench */
  readonly 'sensors.infraredOffsetK': number;
  /** Commissioned emissivity of the measured spot: a number from 0.1 to 1; bench */
  readonly 'sensors.infraredEmissivity': number;
  /** Dark level of the green photodiode: a number from -0.5 to 0.5 V; bench */
  readonly 'photodiodes.greenDarkV': number;
  /** Dark level of the red photodiode: a number from -0.5 to 0.5 V; bench */
  readonly 'photodiodes.redDarkV': number;
  /** Dark level of the broadband photodiode: a number from -0.5 to 0.5 V; bench */
  readonly 'photodiodes.broadbandDarkV': number;
  /** Dark level of the reference photodiode: a number from -0.5 to 0.5 V; bench */
  readonly 'photodiodes.referenceDarkV': number;
  /** Voltage at the supply and reference pins of the photodiode converter: a number from 2.7 to 5.5 V; bench */
  readonly 'photodiodes.supplyV': number;
  /** Gain of a light sensor with amplifiers of its own: 0.5 | 1 | 2 | 4 | 8 | 16 | 32 | 64 | 128 | 256 | 512; bench */
  readonly 'photodiodes.gain': '0.5' | '1' | '2' | '4' | '8' | '16' | '32' | '64' | '128' | '256' | '512';
  /** Band that rises when the film segregates: green | red; bench */
  readonly 'pl.risingBand': 'green' | 'red';
  /** Green signal of a segregated film over the red signal of a mixed one: a number from 0.02 to 5; bench */
  readonly 'pl.segregatedRatio': number;
  /** Green signal of a mixed film over its red one, at the most: a number from 0.001 to 0.2; bench */
  readonly 'pl.leakMost': number;
  /** Dark frames: on | off; bench */
  readonly 'pl.darkFrames': 'on' | 'off';
  /** Control mode: off | constant | pulse | swing | model | bangbang | pid; live */
  readonly 'control.mode': 'off' | 'constant' | 'pulse' | 'swing' | 'model' | 'bangbang' | 'pid';
  /** Setpoint of the temperature modes: a number from 15 to 40 °C; live */
  readonly 'control.setpointC': number;
  /** Pulse width t: a number from 50 to 5000 ms; live */
  readonly 'pulse.onMs': number;
  /** Pulse period T: a number from 500 to 60000 ms; live */
  readonly 'pulse.periodMs': number;
  /** Swing of the film temperature: a number from 0.1 to 6 K; live */
  readonly 'swing.targetK': number;
  /** Period of the swing: a number from 1000 to 60000 ms; live */
  readonly 'swing.periodMs': number;
  /** Highest mean film temperature in swing mode: a number from 20 to 45 °C; live */
  readonly 'swing.meanMaxC': number;
  /** Full width of the bang-bang hysteresis: a number from 0.1 to 5 K; live */
  readonly 'bangbang.hysteresisK': number;
  /** Where the PID tuning comes from: model | manual; live */
  readonly 'pid.tuning': 'model' | 'manual';
  /** PID proportional gain: a number from 0.001 to 5 1/K; live */
  readonly 'pid.gainPerK': number;
  /** PID integral time: a number from 0.5 to 1000 s; live */
  readonly 'pid.integralS': number;
  /** PID derivative time: a number from 0 to 60 s; live */
  readonly 'pid.derivativeS': number;
  /** PID derivative filter N: a whole number from 2 to 50; live */
  readonly 'pid.filter': number;
  /** PID setpoint weight b: a number from 0 to 1; live */
  readonly 'pid.setpointWeight': number;
  /** Time-proportioning window: a number from 500 to 5000 ms; idle */
  readonly 'pid.windowMs': number;
  /** What follows from the verdict on the film: auto | tell | rescue | adapt | dim | stop; live */
  readonly 'film.policy': 'auto' | 'tell' | 'rescue' | 'adapt' | 'dim' | 'stop';
  /** Rescues an hour at the most: a whole number from 0 to 12; live */
  readonly 'film.rescuesPerHour': number;
  /** Excitation light: a number from 0 to 1; live */
  readonly 'light.level': number;
  /** What the high alarm does: off | warn | stop; live */
  readonly 'alarm.highAction': 'off' | 'warn' | 'stop';
  /** Limit of the high alarm: a number from 10 to 45 °C; live */
  readonly 'alarm.highC': number;
  /** What the low alarm does: off | warn | stop; live */
  readonly 'alarm.lowAction': 'off' | 'warn' | 'stop';
  /** Limit of the low alarm: a number from 5 to 45 °C; live */
  readonly 'alarm.lowC': number;
  /** Hysteresis of the alarms high, low and deviation: a number from 0 to 5 K; live */
  readonly 'alarm.hysteresisK': number;
  /** What the deviation alarm does: off | warn | stop; live */
  readonly 'alarm.deviationAction': 'off' | 'warn' | 'stop';
  /** Deviation from the setpoint: a number from 0.1 to 20 K; live */
  readonly 'alarm.deviationK': number;
  /** How long the deviation must last: a number from 1 to 3600 s; live */
  readonly 'alarm.deviationS': number;
  /** What the rate alarm does: off | warn | stop; live */
  readonly 'alarm.rateAction': 'off' | 'warn' | 'stop';
  /** Limit of the rate alarm: a number from 0.1 to 500 K/min; live */
  readonly 'alarm.rateKPerMin': number;
  /** Span of the rate: a number from 20 to 600 s; live */
  readonly 'alarm.rateSpanS': number;
  /** What the loop-break alarm does: off | warn | stop; live */
  readonly 'alarm.loopAction': 'off' | 'warn' | 'stop';
  /** Rise that shows that the heat arrives: a number from 0.1 to 10 K; live */
  readonly 'alarm.loopK': number;
  /** How long heat may bring no rise: a number from 10 to 3600 s; live */
  readonly 'alarm.loopS': number;
  /** Mean duty that counts as heat: a number from 0.01 to 0.5; live */
  readonly 'alarm.loopDuty': number;
  /** What the segregation alarm does: off | warn | stop; live */
  readonly 'alarm.segregationAction': 'off' | 'warn' | 'stop';
  /** What the alarm of an unseen film does: off | warn | stop; live */
  readonly 'alarm.unseenAction': 'off' | 'warn' | 'stop';
  /** How long the film may be lit and not seen: a number from 10 to 3600 s; live */
  readonly 'alarm.unseenS': number;
  /** Warning temperature (I1): a number from 10 to 40 °C; bench */
  readonly 'limits.warnC': number;
  /** Trip temperature (I1): a number from 10 to 45 °C; bench */
  readonly 'limits.tripC': number;
  /** Trip temperature with constant current (I7): a number from 10 to 42 °C; bench */
  readonly 'limits.constantTripC': number;
  /** Lowest plausible temperature (I2): a number from 5 to 30 °C; bench */
  readonly 'limits.lowC': number;
  /** Maximum rise rate over 0.3 s (I3): a number from 1 to 12 K/s; bench */
  readonly 'limits.riseKPerS': number;
  /** Heater current tolerance (I4): a number from 0.02 to 0.15; bench */
  readonly 'limits.currentTolerance': number;
  /** Supply voltage tolerance (I4): a number from 0.02 to 0.1; bench */
  readonly 'limits.supplyTolerance': number;
  /** Maximum heater power / rated power (I4): a number from 1.02 to 1.25; bench */
  readonly 'limits.powerFactor': number;
  /** Maximum current while the gate is low (I5): a number from 0.005 to 0.02 A; bench */
  readonly 'limits.leakA': number;
  /** Maximum thermocouple − infrared difference (I10): a number from 0.5 to 4 K; bench */
  readonly 'limits.disagreementK': number;
  /** Maximum model residual (I12): a number from 1 to 5 K; bench */
  readonly 'limits.residualK': number;
  /** Maximum age of a sample (I13): a number from 200 to 500 ms; bench */
  readonly 'limits.sampleAgeMs': number;
  /** Maximum predicted end temperature of constant current (I25): a number from 30 to 60 °C; bench */
  readonly 'limits.endPointC': number;
  /** Maximum film temperature for arming (I27): a number from 15 to 40 °C; bench */
  readonly 'limits.roomC': number;
  /** Maximum length of a recipe (I19): a number from 60 to 604800 s; bench */
  readonly 'recipe.longestS': number;
  /** Maximum pulse width (I7): a number from 2000 to 5500 ms; bench */
  readonly 'gate.longestOnMs': number;
  /** Minimum off time: a number from 50 to 200 ms; bench */
  readonly 'gate.leastOffMs': number;
  /** Lease of a gate order (I14): a number from 100 to 250 ms; bench */
  readonly 'gate.leaseMs': number;
  /** Maximum mean duty (I8): a number from 0.05 to 0.95; bench */
  readonly 'gate.dutyMax': number;
  /** Time constant of the duty bucket (I8): a number from 10 to 60 s; bench */
  readonly 'gate.dutyWindowS': number;
  /** Maximum time of constant current (I7): a number from 0 to 3600 s; bench */
  readonly 'gate.constantS': number;
  /** Hold time of the ENABLE pump (I16): a number from 60 to 200 ms; bench */
  readonly 'enable.holdMs': number;
  /** GPIO chip (by label): auto | pinctrl-rp1 | pinctrl-bcm2711 | pinctrl-bcm2835; bench */
  readonly 'gpio.chip': 'auto' | 'pinctrl-rp1' | 'pinctrl-bcm2711' | 'pinctrl-bcm2835';
  /** Way to ENABLE, contacts and light: auto | sysfs | chardev; bench */
  readonly 'gpio.access': 'auto' | 'sysfs' | 'chardev';
  /** GPIO line of the heater MOSFET: a whole number from 9 to 27; bench */
  readonly 'gpio.heaterLine': number;
  /** GPIO line of the ENABLE pump: a whole number from 9 to 27; bench */
  readonly 'gpio.enableLine': number;
  /** GPIO line of the E-stop contact: a whole number from 9 to 27; bench */
  readonly 'gpio.estopLine': number;
  /** GPIO line of the lid contact: a whole number from 9 to 27; bench */
  readonly 'gpio.lidLine': number;
  /** GPIO line of the excitation light: a whole number from 9 to 27; bench */
  readonly 'gpio.lightLine': number;
  /** GPIO line that powers the I2C sensors: a whole number from 0 to 27; bench */
  readonly 'gpio.sensorPowerLine': number;
  /** Drive of the excitation light: line | dac | none; bench */
  readonly 'light.drive': 'line' | 'dac' | 'none';
  /** I2C address of the converter that drives the light: a whole number from 96 to 103; bench */
  readonly 'i2c.lightAddress': number;
  /** I2C bus: a whole number from 0 to 22; bench */
  readonly 'i2c.bus': number;
  /** I2C bus of the current monitor: a whole number from -1 to 22; bench */
  readonly 'i2c.currentBus': number;
  /** I2C address of the infrared thermometer: a whole number from 8 to 119; bench */
  readonly 'i2c.infraredAddress': number;
  /** I2C address of the current monitor: a whole number from 8 to 119; bench */
  readonly 'i2c.currentAddress': number;
  /** I2C address of the photodiode converter: a whole number from 8 to 119; bench */
  readonly 'i2c.photodiodeAddress': number;
  /** Mains frequency that the thermocouple converter suppresses: 50 | 60; bench */
  readonly 'thermocouple.mainsHz': '50' | '60';
  /** Check the packet error code (PEC) of the infrared thermometer: true | false; bench */
  readonly 'infrared.checkPec': boolean;
  /** SPI bus: a whole number from 0 to 6; bench */
  readonly 'spi.bus': number;
  /** Chip select of the thermocouple converter: a whole number from 0 to 3; bench */
  readonly 'spi.thermocoupleSelect': number;
  /** Chip select of the photodiode converter: a whole number from 0 to 3; bench */
  readonly 'spi.photodiodeSelect': number;
  /** SPI clock: a number from 10000 to 5000000 Hz; bench */
  readonly 'spi.clockHz': number;
  /** Socket of the gate process: a path of at most 107 printable characters, no spaces; bench */
  readonly 'gate.socket': string;
  /** Recipe to run: a recipe name: lower-case letters, digits and dashes; idle */
  readonly 'run.recipe': string;
  /** Sample on the holder: a line of at most 200 characters without control characters; restart */
  readonly 'run.sample': string;
  /** Person at the bench: a line of at most 200 characters without control characters; restart */
  readonly 'run.operator': string;
  /** Note on the experiment: a line of at most 200 characters without control characters; restart */
  readonly 'run.note': string;
  /** Control period: a number from 20 to 50 ms; restart */
  readonly 'loop.tickMs': number;
  /** Interval between rows of data.csv: a number from 50 to 60000 ms; restart */
  readonly 'journal.rowMs': number;
  /** State folder (safety latch, calibration, history): a folder path; restart */
  readonly 'runtime.stateDir': string;
  /** Folder for run records: a folder path; restart */
  readonly 'runtime.runsDir': string;
  /** Maximum size of the history: a number from 2 to 10000 MB; restart */
  readonly 'store.maxMb': number;
  /** Maximum age of telemetry in the history: a number from 1 to 3650 d; restart */
  readonly 'store.maxAgeD': number;
  /** MQTT broker: none | HOST | mqtt://HOST:PORT | mqtts://HOST:PORT, with a port from 1 to 65535; bench */
  readonly 'mqtt.broker': string;
  /** Name of this device: at most 32 lower-case letters, digits and dashes; bench */
  readonly 'mqtt.device': string;
  /** CA certificate of the broker: a file path, or none; bench */
  readonly 'mqtt.caFile': string;
  /** Client certificate: a file path, or none; bench */
  readonly 'mqtt.certFile': string;
  /** Private key of the client certificate: a file path, or none; bench */
  readonly 'mqtt.keyFile': string;
  /** File with user name and password: a file path, or none; bench */
  readonly 'mqtt.passwordFile': string;
  /** Home Assistant discovery: true | false; restart */
  readonly 'mqtt.homeAssistant': boolean;
  /** Allow Home Assistant to try settings: true | false; bench */
  readonly 'mqtt.homeAssistantTune': boolean;
  /** Where a run may be started from: local | remote; bench */
  readonly 'remote.arm': 'local' | 'remote';
  /** Where settings may be changed from: local | remote; bench */
  readonly 'remote.tune': 'local' | 'remote';
  /** Action of a run when the link is lost: continue | stop; bench */
  readonly 'remote.onLinkLoss': 'continue' | 'stop';
  /** Time zone of the calendar: a time zone such as UTC or Europe/Berlin; bench */
  readonly 'schedule.timezone': string;
  /** Trust in this computer’s clock: auto | trusted; bench */
  readonly 'schedule.clock': 'auto' | 'trusted';
  /** Time of the scheduled start: minute hour day month weekday, or none; bench */
  readonly 'schedule.start': string;
  /** Recipe of the scheduled run: a recipe name; bench */
  readonly 'schedule.recipe': string;
  /** Length of the scheduled run: a number from 1 to 14400 s; bench */
  readonly 'schedule.durationS': number;
  /** Time of the scheduled stop: minute hour day month weekday, or none; bench */
  readonly 'schedule.stop': string;
  /** Time of the daily summary: minute hour day month weekday, or none; bench */
  readonly 'schedule.daily': string;
  /** Time of the run folder clean-up: minute hour day month weekday, or none; bench */
  readonly 'schedule.retention': string;
  /** Maximum age of run folders: a number from 1 to 3650 d; bench */
  readonly 'runs.maxAgeD': number;
  /** Maximum size of all run folders: a number from 10 to 1000000 MB; bench */
  readonly 'runs.maxMb': number;
  /** Program that messages are handed to: an absolute path, or none; bench */
  readonly 'messages.program': string;
  /** ntfy topic that messages are sent to: none | https://HOST/TOPIC, or with http:// and a port; bench */
  readonly 'messages.ntfyUrl': string;
  /** File with the access token of the ntfy topic: a file path, or none; bench */
  readonly 'messages.ntfyTokenFile': string;
  /** Address that messages are posted to: none | https://HOST/PATH, or with http:// and a port; bench */
  readonly 'messages.webhookUrl': string;
  /** File with the key that signs posted messages: a file path, or none; bench */
  readonly 'messages.webhookKeyFile': string;
  /** Program that sends mail: an absolute path, or none; bench */
  readonly 'messages.sendmail': string;
  /** Mail addresses that get messages: one to ten addresses with commas between, or none; bench */
  readonly 'messages.mailTo': string;
  /** Mail address that messages come from: an address, or none; bench */
  readonly 'messages.mailFrom': string;
  /** Time that each way has for a message: a number from 1 to 120 s; bench */
  readonly 'messages.timeoutS': number;
  /** Link in messages: none | http://HOST/PATH | https://HOST/PATH; bench */
  readonly 'messages.link': string;
  /** Begin of the quiet hours: a time from 00:00 to 23:59, or none; bench */
  readonly 'messages.quietFrom': string;
  /** End of the quiet hours: a time from 00:00 to 23:59, or none; bench */
  readonly 'messages.quietTo': string;
  /** Port of the page: a whole number from 0 to 65535; bench */
  readonly 'web.port': number;
  /** Address that the page is served at: an address of this computer, 0.0.0.0 for all of them; bench */
  readonly 'web.address': string;
  /** Names that the page may be called by: up to 16 host names or addresses with commas between them, or none; bench */
  readonly 'web.names': string;
  /** Certificate of the page: a file path, or none; bench */
  readonly 'web.certFile': string;
  /** Private key of the page’s certificate: a file path, or none; bench */
  readonly 'web.keyFile': string;
  /** Arm automatically at the start: true | false; restart */
  readonly 'sim.autoArm': boolean;
  /** Built-in broker on the loopback address: true | false; restart */
  readonly 'sim.broker': boolean;
  /** Port of the built-in broker: a whole number from 1 to 65535; restart */
  readonly 'sim.brokerPort': number;
  /** Bench file: the path of a bench file, or none; restart */
  readonly 'sim.bench': string;
  /** Random seed: a whole number from 0 to 4294967295; restart */
  readonly 'sim.seed': number;
  /** Sample preset: a sample name; restart */
  readonly 'sim.sample': string;
  /** Room temperature: a number from 5 to 40 °C; restart */
  readonly 'sim.ambientC': number;
  /** Supply voltage / nominal voltage: a number from 0.5 to 5; restart */
  readonly 'sim.supplyScale': number;
  /** Electronic fuse of 0.6 A: true | false; restart */
  readonly 'sim.efuse': boolean;
  /** Thermal contact of the thermocouple: a number from 0.5 to 1; restart */
  readonly 'sim.thermocoupleContact': number;
  /** Thermocouple lag: a number from 0.05 to 10 s; restart */
  readonly 'sim.thermocoupleLagS': number;
  /** Infrared thermometer lag: a number from 0.05 to 5 s; restart */
  readonly 'sim.infraredLagS': number;
  /** True emissivity of the measured spot: a number from 0.1 to 1; restart */
  readonly 'sim.emissivity': number;
  /** Transfers take their time: true | false; restart */
  readonly 'sim.busTimes': boolean;
  /** Noise scale: a number from 0 to 5; restart */
  readonly 'sim.noise': number;
  /** Deviation of the plant’s gain from the commissioned gain: a number from -0.3 to 0.3; restart */
  readonly 'sim.plantMismatch': number;
}

export type SettingKey = keyof Settings;

/** Settings that can be changed while the program runs. */
export type TunableKey =
  | 'control.mode'
  | 'control.setpointC'
  | 'pulse.onMs'
  | 'pulse.periodMs'
  | 'swing.targetK'
  | 'swing.periodMs'
  | 'swing.meanMaxC'
  | 'bangbang.hysteresisK'
  | 'pid.tuning'
  | 'pid.gainPerK'
  | 'pid.integralS'
  | 'pid.derivativeS'
  | 'pid.filter'
  | 'pid.setpointWeight'
  | 'pid.windowMs'
  | 'film.policy'
  | 'film.rescuesPerHour'
  | 'light.level'
  | 'alarm.highAction'
  | 'alarm.highC'
  | 'alarm.lowAction'
  | 'alarm.lowC'
  | 'alarm.hysteresisK'
  | 'alarm.deviationAction'
  | 'alarm.deviationK'
  | 'alarm.deviationS'
  | 'alarm.rateAction'
  | 'alarm.rateKPerMin'
  | 'alarm.rateSpanS'
  | 'alarm.loopAction'
  | 'alarm.loopK'
  | 'alarm.loopS'
  | 'alarm.loopDuty'
  | 'alarm.segregationAction'
  | 'alarm.unseenAction'
  | 'alarm.unseenS'
  | 'run.recipe';

/** Some settings with new values. */
export type Patch = Partial<Pick<Settings, TunableKey>>;

/** Columns of `measured`; their units are in `about`. */
export type Column =
  | 'mono_s'
  | 'time_s'
  | 'run'
  | 'recipe'
  | 'step'
  | 'state'
  | 'mode'
  | 'pulse_on_s'
  | 'pulse_period_s'
  | 'revision'
  | 'on_trial'
  | 'tc_c'
  | 'tc_quality'
  | 'cj_c'
  | 'ir_c'
  | 'ir_quality'
  | 'heater_a'
  | 'supply_v'
  | 'power_quality'
  | 'pl_green_v'
  | 'pl_red_v'
  | 'pl_broadband_v'
  | 'pl_reference_v'
  | 'pl_quality'
  | 'verdict'
  | 'verdict_why'
  | 'cause'
  | 'segregated'
  | 'segregated_error'
  | 'pl_dark_v'
  | 'light'
  | 'desired'
  | 'permitted'
  | 'achieved'
  | 'setpoint_c'
  | 'film_c'
  | 'film_error_c'
  | 'response'
  | 'swing_expected_k'
  | 'swing_k'
  | 'cycles'
  | 'saturated_s'
  | 'alarms';

/** Columns of the chart. */
export type ChartColumn =
  | 'tc_c'
  | 'ir_c'
  | 'film_c'
  | 'setpoint_c'
  | 'pl_green_v'
  | 'pl_red_v'
  | 'pl_reference_v'
  | 'pl_dark_v'
  | 'segregated'
  | 'segregated_error'
  | 'swing_k'
  | 'swing_expected_k'
  | 'light'
  | 'achieved';

/** What the light of the film says of it. */
export type Verdict =
  | 'MIXED'
  | 'DRIFTING'
  | 'SEGREGATING'
  | 'SEGREGATED'
  | 'RECOVERING'
  | 'DARK'
  | 'CANNOT_SEE';

/** Causes of what the light does. */
export type CauseName =
  | 'none'
  | 'segregation'
  | 'excitation'
  | 'room-light'
  | 'quenching'
  | 'brightening'
  | 'slow-loss'
  | 'iodine-loss'
  | 'optics'
  | 'sensor'
  | 'unknown';

/** What a change of the light is made of. */
export type Part =
  | 'excitation'
  | 'quenching'
  | 'roomLight'
  | 'segregation'
  | 'rest';

/** States of the controller. */
export type SafetyState =
  | 'boot'
  | 'safe'
  | 'test-enable'
  | 'test-gate'
  | 'prove'
  | 'test-opening'
  | 'armed'
  | 'paused'
  | 'tripped'
  | 'lockout';

/** Codes of faults. */
export type FaultCode =
  | 'E101'
  | 'E102'
  | 'E103'
  | 'E104'
  | 'E105'
  | 'E106'
  | 'E107'
  | 'E108'
  | 'E111'
  | 'E112'
  | 'E113'
  | 'E114'
  | 'W120'
  | 'E121'
  | 'E122'
  | 'E123'
  | 'E124'
  | 'E125'
  | 'E126'
  | 'E129'
  | 'E127'
  | 'W128'
  | 'E201'
  | 'E202'
  | 'E203'
  | 'E204'
  | 'E205'
  | 'E206'
  | 'E207'
  | 'E208'
  | 'E209'
  | 'E210'
  | 'E211'
  | 'E301'
  | 'E302'
  | 'E303'
  | 'E304'
  | 'E305'
  | 'E306'
  | 'E307'
  | 'E308'
  | 'E401'
  | 'E402'
  | 'W501'
  | 'W502'
  | 'W503'
  | 'E601'
  | 'E602';

/** User alarms. */
export type AlarmName =
  | 'high'
  | 'low'
  | 'deviation'
  | 'rate'
  | 'loop'
  | 'segregation'
  | 'unseen';

/** A cell of `measured`; null = not measured. */
export type Cell = number | string | null;

export interface FieldError {
  readonly path: string;
  readonly got: string;
  readonly allowed: string;
}

export interface Answer {
  readonly code: Code;
  readonly text: string;
  readonly errors?: readonly FieldError[];
  readonly data?: unknown;
}

/** A fault, alarm or trip as people are told of it. */
export interface Told {
  readonly code: string;
  readonly name: string;
  readonly label: string;
  readonly sentence: string;
  readonly cause: string | null;
  readonly remedy: string | null;
  /** warn, inhibit, pause, trip or lockout; alarm for a user alarm. */
  readonly action: string;
}

/** What a person can do next, and what stands in the way. */
export interface NextStep {
  readonly command: CommandName | null;
  readonly label: string;
  readonly text: string;
  /** Seconds until it can be done; 0 = now. */
  readonly in_s: number;
}

/** A pattern of the map of a search: pulses of `on_s` every `period_s`. */
export interface FindPattern {
  readonly on_s: number;
  readonly period_s: number;
}

/** What is predicted of a pattern, once the substrate is warm. */
export interface FindCell extends FindPattern {
  /** Probability to hold. */
  readonly holds: number;
  /** log10 of the segregated share at the cold end of a cycle, and its standard error. */
  readonly log10: number;
  readonly error: number;
}

export interface FindTrial extends FindPattern {
  readonly outcome: 'mixed' | 'segregated' | 'unsure' | 'unseen';
  /** Segregated share at the cold end, and its standard error; null = the film was not seen. */
  readonly shown: number | null;
  readonly error: number | null;
  readonly light_s: number;
}

/** wait = settings go back first · mix, warm, settle = in the dark · lit · done = mixed once more · over */
export type FindPhase = 'wait' | 'mix' | 'warm' | 'settle' | 'lit' | 'done' | 'over';

/** A search for a pattern in this run. */
export interface FindView {
  readonly phase: FindPhase;
  /** Who asked for it. */
  readonly by: string;
  readonly for_s: number;
  readonly light_s: number;
  /** Where a search ends at the latest. */
  readonly most: { readonly light_s: number; readonly trials: number };
  readonly trials: readonly FindTrial[];
  /** The pattern that is prepared or lit. */
  readonly cell: FindPattern | null;
  /** All patterns within the limits of the bench, after the trials so far. */
  readonly map: readonly FindCell[];
  readonly found:
    | (FindPattern & {
        readonly holds: number;
        readonly swing_k: number;
        readonly duty: number;
        readonly mean_c: number;
      })
    | null;
  /** Nobody has turned the pattern found since, and its run goes on. */
  readonly in_force: boolean;
  /** What it has said last. */
  readonly why: string;
}

/** The whole state of the controller as the page shows it; times are s, differences of temperature K. */
export interface PageState {
  /** Start of the program that it belongs to: another one means that the controller was restarted. */
  readonly boot: string;
  /** Rises with each state. */
  readonly seq: number;
  readonly mono_s: number;
  /** s since 1970; null while the clock is not set. */
  readonly wall_s: number | null;
  /** How much faster than real time the simulated bench runs; 1 on hardware. */
  readonly speed: number;
  readonly device: string;
  readonly simulated: boolean;
  readonly nonce: string;
  readonly rev: number;
  readonly may: { readonly arm: boolean; readonly tune: boolean };
  readonly trial: {
    readonly rev: number;
    readonly by: string;
    readonly patch: Readonly<Record<string, unknown>>;
    readonly left_s: number;
  } | null;
  /** Settings that can be changed while the program runs, with their values in force. */
  readonly values: Readonly<Record<string, number | string | boolean>>;
  readonly state: {
    readonly name: string;
    readonly label: string;
    readonly sentence: string;
    readonly running: boolean;
  };
  readonly state_for_s: number;
  readonly trip: (Told & { readonly trip: number; readonly kind: string }) | null;
  readonly next: NextStep;
  readonly faults: readonly Told[];
  readonly alarms: readonly Told[];
  /** The user alarm that ended the last run, in a sentence. */
  readonly ended_by: string | null;
  /** An order to arm waits. */
  readonly ordered: boolean;
  /** What the heat is at, in words: `pulse 0.5 s every 5 s (10 %)`. */
  readonly mode: string;
  readonly heater_on: boolean;
  readonly run: {
    readonly number: number;
    readonly recipe: string;
    readonly time_s: number | null;
    readonly finished: boolean;
  };
  readonly progress: {
    readonly step: number;
    readonly of: number;
    readonly left_s: number | null;
    readonly note: string | null;
  };
  readonly verdict: {
    readonly name: Verdict;
    readonly label: string;
    readonly why: string;
    readonly text: string;
    readonly for_s: number;
    readonly alarming: boolean;
    readonly segregated: number | null;
    readonly error: number | null;
    readonly anchored: boolean;
  };
  readonly cause: {
    readonly name: CauseName;
    readonly label: string;
    readonly sentence: string;
    readonly tell: string;
    readonly confidence: number;
    readonly for_s: number;
    /** Each in % of the light of the mixed band. */
    readonly parts: readonly { readonly part: Part; readonly label: string; readonly percent: number }[] | null;
  };
  /** The search for a pattern of this run, or of the run that ended last; null = none was asked for. */
  readonly find: FindView | null;
  /** Why no search can begin on this bench now; null = one can. */
  readonly find_hindrance: string | null;
  /** What the film can reach, °C, now and at the end of the run; null without a commissioned model. */
  readonly reach: { readonly now_c: number; readonly end_c: number } | null;
  readonly saturated: boolean;
  readonly measured: Readonly<Record<string, Cell>>;
  /** What does not work of the remote side, or null. */
  readonly link: Told | null;
  /** Words on how the history and the record are doing; null while all is well. */
  readonly disk: string | null;
  readonly record: string;
}

/** An event as the page lists it. */
export interface PageEvent {
  /** Rises by one; a number that is missing is an event that was lost. */
  readonly seq: number;
  readonly mono_s: number;
  readonly wall_s: number | null;
  readonly run: number;
  readonly kind: string;
  readonly code: string;
  readonly text: string;
}

/** A span in which the heater was on, s of the bench’s time. */
export type HeatSpan = readonly [fromS: number, toS: number];

/** Every list has one entry a row, and a row of nulls stands where there is a gap. */
export interface ChartData {
  readonly columns: readonly string[];
  /** Length of a row, s. */
  readonly row_s: number;
  /** s of the bench’s time, rising. */
  readonly t: readonly number[];
  /** By column. */
  readonly low: readonly (readonly (number | null)[])[];
  readonly mean: readonly (readonly (number | null)[])[];
  readonly high: readonly (readonly (number | null)[])[];
  readonly verdict: readonly (Verdict | null)[];
  readonly heat: readonly HeatSpan[];
}
