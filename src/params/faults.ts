/**
 * Every fault, declared once. A code is never reused; a retired row stays as a tombstone.
 *
 * action, in order of severity (the most severe active fault wins):
 *   warn     shown and recorded only
 *   inhibit  arming is refused
 *   pause    heater off until it has gone; a trip when it stays or comes back too often
 *   trip     heater off, latched until a person acknowledges it
 *   lockout  heater off, latched until a local reset with no current flowing
 * While nothing runs (state safe) a pause or a trip only inhibits; a lockout-level one locks out in every state.
 */
import type { InterlockId } from './interlocks.ts';
import { latching, type Remedy } from './remedy.ts';

export type FaultAction = 'warn' | 'inhibit' | 'pause' | 'trip' | 'lockout';

export interface FaultRow extends Remedy {
  readonly code: string;
  readonly action: FaultAction;
  readonly interlock: InterlockId;
  readonly label: string;
  /** What happened, for a person at the bench. */
  readonly sentence: string;
  readonly cause: string;
  /** When it clears, if that differs from the rule of its action (`clearsWhen`). */
  readonly clears?: string;
}

export const FAULTS = {
  // --- thermocouple
  'tc-open': {
    code: 'E101',
    action: 'trip',
    interlock: 'I13',
    label: 'Thermocouple open',
    sentence: 'The thermocouple circuit is open.',
    cause: 'A broken wire or a loose terminal.',
    ...latching('Check the wire and the terminal block'),
  },
  'tc-short-gnd': {
    code: 'E102',
    action: 'trip',
    interlock: 'I13',
    label: 'Thermocouple shorted to ground',
    sentence: 'The thermocouple is shorted to ground.',
    cause: 'A bare wire or the junction touches the holder or the ITO.',
    ...latching('Insulate the junction from the holder and the ITO'),
  },
  'tc-short-vcc': {
    code: 'E103',
    action: 'trip',
    interlock: 'I13',
    label: 'Thermocouple over- or undervoltage',
    sentence: 'The thermocouple input is outside its voltage range.',
    cause: 'A short to the supply, or to ground: some converters report both in the same way.',
    ...latching('Check the wiring at the converter'),
  },
  'tc-frame': {
    code: 'E104',
    action: 'pause',
    interlock: 'I2',
    label: 'Thermocouple converter data invalid',
    sentence: 'The converter’s data is stuck, wrong or jumps, or its configuration is lost; the reading is discarded.',
    cause: 'MISO is stuck, the converter has no power, or it was reset.',
    ...latching('Check the SPI wiring and the converter’s supply'),
  },
  'tc-stale': {
    code: 'E105',
    action: 'pause',
    interlock: 'I13',
    label: 'No fresh thermocouple reading',
    sentence: 'The last valid thermocouple reading is too old.',
    cause: 'The SPI bus hangs or the converter has stopped converting.',
    ...latching('Check the SPI wiring and the converter’s supply'),
  },
  'tc-frozen': {
    code: 'E106',
    action: 'trip',
    interlock: 'I11',
    label: 'Thermocouple reading frozen',
    sentence: 'The thermocouple code does not change while the heater is working.',
    cause: 'The converter has stopped converting.',
    ...latching('Power-cycle the converter'),
  },
  'tc-response': {
    code: 'E107',
    action: 'trip',
    interlock: 'I11',
    label: 'Thermocouple does not follow the heater',
    sentence: 'The thermocouple’s response to heat pulses is outside 0.3 to 2.5 times the commissioned response.',
    cause: 'The thermocouple came off the sample, is shorted along its cable, or is reversed.',
    ...latching('Re-attach the thermocouple and check its polarity'),
  },
  'tc-implausible': {
    code: 'E108',
    action: 'trip',
    interlock: 'I2',
    label: 'Thermocouple reading implausible',
    sentence: 'The thermocouple reading is outside the plausible range.',
    cause: 'Wrong converter type, reversed polarity, or a wrong cold-junction reading.',
    ...latching('Check the converter type (hal.thermocouple) and the wiring'),
  },

  // --- infrared thermometer
  'ir-unreadable': {
    code: 'E111',
    action: 'pause',
    interlock: 'I13',
    label: 'Infrared thermometer unreadable',
    sentence:
      'Several infrared readings in a row failed: wrong check code (PEC), error flag set, or no acknowledge on the bus.',
    cause: 'Bus noise, wrong bus speed, or a missing sensor.',
    ...latching('Check the I2C wiring and that the bus runs at 50 kHz'),
  },
  'ir-stale': {
    code: 'E112',
    action: 'pause',
    interlock: 'I13',
    label: 'No fresh infrared reading',
    sentence: 'The last valid infrared reading is too old.',
    cause: 'The I2C bus hangs.',
    ...latching('Power-cycle the sensor and check SDA and SCL'),
  },
  'ir-response': {
    code: 'E113',
    action: 'trip',
    interlock: 'I11',
    label: 'Infrared thermometer does not follow the heater',
    sentence: 'The infrared response to heat pulses is outside 0.3 to 2.5 times the commissioned response.',
    cause: 'The view is blocked or fogged, the sensor sees the reflective ITO, or the spot has moved.',
    ...latching('Clear the view and aim the sensor at the paint dot'),
  },
  'ir-implausible': {
    code: 'E114',
    action: 'trip',
    interlock: 'I2',
    label: 'Infrared reading implausible',
    sentence: 'The infrared reading is outside the plausible range.',
    cause: 'Another hot or cold object is in view, or the emissivity is wrong.',
    ...latching('Check the view and sensors.infraredEmissivity'),
  },

  // --- temperature
  'temp-warm': {
    code: 'W120',
    action: 'warn',
    interlock: 'I1',
    label: 'Temperature warning',
    sentence: 'A sensor is above the warning temperature.',
    cause: 'Heat is building up.',
    remedy: 'Lower the duty or cool the holder.',
  },
  'over-temperature': {
    code: 'E121',
    action: 'trip',
    interlock: 'I1',
    label: 'Over-temperature',
    sentence: 'A sensor read above the trip temperature in two samples.',
    cause: 'Too much heat, blocked cooling, or the wrong heater.',
    ...latching('Let the holder cool, find the cause'),
  },
  'rise-rate': {
    code: 'E122',
    action: 'trip',
    interlock: 'I3',
    label: 'Temperature rises too fast',
    sentence: 'The temperature rose faster than the limit over 0.3 s.',
    cause: 'Too much heater power, or a loose sensor.',
    ...latching('Check the supply and the sensor'),
  },
  'sensor-disagreement': {
    code: 'E123',
    action: 'trip',
    interlock: 'I10',
    label: 'Sensors disagree',
    sentence: 'The thermocouple and the infrared thermometer differed by more than the limit for 3 s.',
    cause: 'A detached thermocouple, a hot object in the infrared view, or a wrong emissivity.',
    ...latching('Check both sensors'),
  },
  'model-residual': {
    code: 'E124',
    action: 'trip',
    interlock: 'I12',
    label: 'Temperature does not match the model',
    sentence: 'A sensor differed from the expected temperature by more than the limit for 5 s.',
    cause: 'Blocked cooling, a changed sample, or a drifting sensor.',
    ...latching('Check cooling and sample', '; run remixd commission if the sample is new.'),
  },
  'too-warm-to-arm': {
    code: 'E125',
    action: 'inhibit',
    interlock: 'I27',
    label: 'Too warm to arm',
    sentence: 'The film is above the arming limit although no heat was applied.',
    cause: 'The film has not cooled down, or a sensor is wrong.',
    remedy: 'Wait until the film has cooled; if it is cool already, check the sensors.',
  },
  'end-point': {
    code: 'E126',
    action: 'inhibit',
    interlock: 'I25',
    label: 'Predicted end temperature too high',
    sentence: 'The end temperature predicted for constant current is above the limit.',
    cause: 'The wrong supply or sample is fitted, or the commissioned gain is wrong.',
    remedy: 'Fit the supply and sample that the bench file declares, or run remixd commission.',
  },
  'duty-end-point': {
    code: 'E129',
    action: 'inhibit',
    interlock: 'I8',
    label: 'Mean duty limit too high for this bench',
    sentence:
      'The duty limit is above 0.6, and the bench is not commissioned or would end too close to the trip temperature.',
    cause: 'The room is warmer, the supply stronger or the bench another one than when the limit was raised.',
    remedy:
      'Set gate.dutyMax to at most 0.6 in the local file and in the gate, run remixd commission, and raise both as far as it says.',
  },
  'heat-budget': {
    code: 'E127',
    action: 'inhibit',
    interlock: 'I8',
    label: 'Heat budget used up',
    sentence: 'The mean duty is near its limit; pulses are held back and arming waits until the budget has drained.',
    cause: 'High duty for a long time.',
    remedy: 'Wait a minute, or lower the duty or the setpoint.',
  },
  'cold-junction-far': {
    code: 'W128',
    action: 'warn',
    interlock: 'I2',
    label: 'Cold junction far from room temperature',
    sentence: 'The converter’s cold junction and the infrared thermometer’s case differ by more than 15 K.',
    cause: 'The converter is next to a heat source.',
    remedy: 'Move the converter away from the MOSFET and the supply.',
  },

  // --- heater and power
  'leak-current': {
    code: 'E201',
    action: 'lockout',
    interlock: 'I5',
    label: 'Current without an order',
    sentence:
      'Current flows while the heater is switched off: the MOSFET does not open, or the current monitor is stuck.',
    cause: 'A welded MOSFET, a missing pull-down resistor, or a faulty current monitor.',
    remedy: 'Press the E-stop, disconnect the heater supply, replace the faulty part, then reset at the bench.',
  },
  'no-current': {
    code: 'E202',
    action: 'trip',
    interlock: 'I6',
    label: 'No heater current',
    sentence: 'The gate is high but the heater current is missing.',
    cause: 'The heater is open, the MOSFET does not close, a fuse is open, or the current monitor is dead.',
    ...latching('Check the heater contacts, fuse, MOSFET and current monitor'),
  },
  'current-envelope': {
    code: 'E203',
    action: 'trip',
    interlock: 'I4',
    label: 'Heater current out of tolerance',
    sentence: 'The heater current differs from its declared value by more than the tolerance.',
    cause: 'A cracked or wrong ITO substrate, or the wrong supply.',
    ...latching('Measure the heater resistance and the supply'),
  },
  'over-power': {
    code: 'E204',
    action: 'trip',
    interlock: 'I4',
    label: 'Heater power too high',
    sentence: 'The heater power was above its limit for 50 ms.',
    cause: 'The wrong supply, or a heater with too low a resistance.',
    ...latching('Fit the declared supply and sample'),
  },
  'supply-high': {
    code: 'E205',
    action: 'trip',
    interlock: 'I4',
    label: 'Supply voltage too high',
    sentence: 'The heater supply voltage is above its tolerance.',
    cause: 'The wrong supply is plugged in, for example 12 V or 24 V.',
    ...latching('Plug in the declared supply'),
  },
  'supply-low': {
    code: 'E206',
    action: 'trip',
    interlock: 'I4',
    label: 'Supply voltage too low',
    sentence: 'The heater supply voltage was below its tolerance for 200 ms.',
    cause: 'A weak or missing supply, or a bad contact.',
    ...latching('Check the supply and its connector'),
  },
  'power-unreadable': {
    code: 'E207',
    action: 'pause',
    interlock: 'I13',
    label: 'Current monitor unreadable',
    sentence: 'Several readings of heater current and voltage failed in a row.',
    cause: 'The I2C bus hangs or the monitor has no power.',
    ...latching('Check the I2C wiring and the current monitor’s supply'),
  },
  'enable-welded': {
    code: 'E208',
    action: 'lockout',
    interlock: 'I17',
    label: 'ENABLE switch does not open',
    sentence: 'Current flowed with the gate on and the pump off: the ENABLE switch does not open, or opens too late.',
    cause: 'A welded ENABLE switch, or a pump that holds it closed for too long.',
    remedy: 'Press the E-stop, disconnect the heater supply, replace the ENABLE switch, then reset at the bench.',
  },
  'proof-failed': {
    code: 'E209',
    action: 'trip',
    interlock: 'I17',
    label: 'Proof test failed',
    sentence: 'The proof pulse did not show voltage, current and power within limits in time.',
    cause: 'No heater, no supply, or a current monitor that does not answer.',
    ...latching('Check the heater, the supply and the current monitor', ', then arm again.', ', acknowledge'),
  },
  'conduction-too-long': {
    code: 'E210',
    action: 'trip',
    interlock: 'I7',
    label: 'Heater on too long',
    sentence: 'The gate reported the heater on for longer than the limit.',
    cause: 'The gate did not end a pulse.',
    ...latching('Check the gate’s limits file (gate.conf) and version'),
  },

  'gate-overrun': {
    code: 'E211',
    action: 'trip',
    interlock: 'I29',
    label: 'Gate on beyond its order',
    sentence: 'The gate says that the heater is on where its orders say off.',
    cause: 'The gate did not end a pulse, or began one by itself.',
    ...latching('Save the run folder, restart the gate (sudo systemctl restart remixd-gate)'),
  },

  // --- gate, controller, latch
  'gate-lost': {
    code: 'E301',
    action: 'trip',
    interlock: 'I14',
    label: 'Gate does not answer',
    sentence: 'The gate process has stopped answering; the pump is no longer fed, so the ENABLE switch opens.',
    cause: 'The gate process died or hangs.',
    ...latching('Restart the gate (sudo systemctl restart remixd-gate)'),
  },
  'gate-refused': {
    code: 'E302',
    action: 'trip',
    interlock: 'I9',
    label: 'Gate refused an order',
    sentence: 'The gate refused a pattern that is outside its limits.',
    cause: 'Constant current reached its time limit, or the gate and the controller have different limits.',
    ...latching('Read the gate’s reason in events.csv, let the heater rest or correct the limits'),
  },
  'lease-expired': {
    code: 'E303',
    action: 'trip',
    interlock: 'I14',
    label: 'Controller was too late',
    sentence: 'The controller did not renew the gate’s lease in time; the gate switched the heater off.',
    cause: 'The controller stalled, or the computer is overloaded.',
    ...latching('Stop other programs that load the computer'),
  },
  'restart-while-armed': {
    code: 'E304',
    action: 'trip',
    interlock: 'I28',
    label: 'Restarted while armed',
    sentence: 'The controller stopped while armed; a run never resumes by itself.',
    cause: 'A crash, a kill signal or a power cut during a run.',
    ...latching('Inspect the sample, then', ' start the run again.', ' acknowledge and'),
    clears: 'when acknowledged',
  },
  'latch-unreadable': {
    code: 'E305',
    action: 'lockout',
    interlock: 'I28',
    label: 'Safety record unreadable',
    sentence: 'The stored state of the safety latch cannot be read, so it is unknown.',
    cause: 'A power cut, a failing disk, or a state folder that this user may not read.',
    remedy: 'Check the disk and the owner of the state folder, then reset at the bench.',
  },
  'run-order': {
    code: 'E306',
    action: 'trip',
    interlock: 'I9',
    label: 'Order out of bounds',
    sentence: 'The controller asked for a pattern outside the compiled limits.',
    cause: 'A software error.',
    ...latching('Save the run folder, report the error with it'),
  },
  'gate-limits': {
    code: 'E307',
    action: 'inhibit',
    interlock: 'I26',
    label: 'Gate limits differ from the settings',
    sentence: 'The limits that the gate announced differ from the settings.',
    cause: 'The gate and the controller were started from different bench files or versions.',
    remedy: 'Restart both from the same bench file.',
  },
  'latch-unwritable': {
    code: 'E308',
    action: 'inhibit',
    interlock: 'I22',
    label: 'Safety record cannot be written',
    sentence: 'The disk has not stored the state of the safety latch; arming is refused.',
    cause: 'The disk is full, read-only, failing or very slow.',
    remedy: 'Free some disk space or replace the disk; a failed write is tried again every second.',
  },

  // --- contacts
  estop: {
    code: 'E401',
    action: 'trip',
    interlock: 'I18',
    label: 'E-stop pressed',
    sentence: 'The E-stop contact is open; it also cuts the heater in hardware.',
    cause:
      'The E-stop is pressed, or its wire is broken. With E402 and the event lines-lost: remixd-lines has ended or does not answer.',
    ...latching('Release the E-stop', '. After lines-lost restart remixd first.', ', then acknowledge if tripped'),
  },
  lid: {
    code: 'E402',
    action: 'trip',
    interlock: 'I18',
    label: 'Lid open',
    sentence: 'The lid contact is open; it also cuts the heater in hardware.',
    cause:
      'The lid is open, or its wire is broken. With E401 and the event lines-lost: remixd-lines has ended or does not answer.',
    ...latching('Close the lid', '. After lines-lost restart remixd first.', ', then acknowledge if tripped'),
  },

  // --- optics: warnings only, the fixed schedule continues
  'pl-saturated': {
    code: 'W501',
    action: 'warn',
    interlock: 'I21',
    label: 'Photodiode saturated',
    sentence:
      'A photodiode channel was above 98 % of its range for 1 s; the PL signal is ignored and the fixed schedule continues.',
    cause: 'Too much light or gain, or a shorted photodiode.',
    remedy: 'Lower the photodiode gain or block stray light.',
  },
  'pl-unreadable': {
    code: 'W502',
    action: 'warn',
    interlock: 'I21',
    label: 'Photodiodes unreadable',
    sentence: 'The photodiode converter does not answer; the PL signal is ignored and the fixed schedule continues.',
    cause: 'A bus fault, or no power at the converter.',
    remedy: 'Check the converter’s wiring and supply.',
  },
  'pl-dark': {
    code: 'W503',
    action: 'warn',
    interlock: 'I21',
    label: 'No excitation light',
    sentence: 'The excitation light is on but its reference photodiode reads dark; the PL signal is ignored.',
    cause: 'The light is off or blocked.',
    remedy: 'Check the excitation light and its supply.',
  },

  // --- history
  'trip-storm': {
    code: 'E601',
    action: 'lockout',
    interlock: 'I23',
    label: 'Too many trips',
    sentence: 'Three trips occurred within ten minutes.',
    cause: 'A fault was acknowledged but its cause was not removed.',
    remedy: 'Remove the cause of the trips, then reset at the bench.',
  },
  'journal-failing': {
    code: 'E602',
    action: 'trip',
    interlock: 'I22',
    label: 'Run record cannot be written',
    sentence: 'The run record could not be written for 10 s; the run was stopped.',
    cause: 'The disk is full or read-only.',
    ...latching('Free some disk space'),
  },
} as const satisfies Record<string, FaultRow>;

export type FaultName = keyof typeof FAULTS;
export const FAULT_NAMES = Object.keys(FAULTS) as FaultName[];
