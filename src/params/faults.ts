/**
 * Every fault, declared once. A code is never used again for something else; a retired row stays as a tombstone.
 *
 * action, in order of severity (the worst present one wins):
 *   warn     shown and recorded, nothing else
 *   inhibit  arming is refused
 *   trip     heater off, latched until a person acknowledges it
 *   lockout  heater off, latched until a local reset with no current flowing
 * While nothing is driven (state safe) a trip-level fault only inhibits; a lockout-level one locks out in every state.
 */
import type { InterlockId } from './interlocks.ts';

export type FaultAction = 'warn' | 'inhibit' | 'trip' | 'lockout';

export interface FaultRow {
  readonly code: string;
  readonly action: FaultAction;
  readonly interlock: InterlockId;
  readonly label: string;
  /** What happened, for a person at the bench. */
  readonly sentence: string;
  readonly cause: string;
  readonly remedy: string;
  /** When it clears, where that differs from its action’s rule (`clearsWhen`). */
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
    remedy: 'Check the wire and the terminal block, then acknowledge.',
  },
  'tc-short-gnd': {
    code: 'E102',
    action: 'trip',
    interlock: 'I13',
    label: 'Thermocouple shorted to ground',
    sentence: 'The thermocouple touches ground.',
    cause: 'A bare wire touches the holder.',
    remedy: 'Insulate the junction from the metal, then acknowledge.',
  },
  'tc-short-vcc': {
    code: 'E103',
    action: 'trip',
    interlock: 'I13',
    label: 'Thermocouple over- or undervoltage',
    sentence: 'The thermocouple input is outside its voltage range.',
    cause: 'A short to the supply, or to ground where the converter cannot tell them apart.',
    remedy: 'Check the wiring of the converter, then acknowledge.',
  },
  'tc-frame': {
    code: 'E104',
    action: 'trip',
    interlock: 'I2',
    label: 'Thermocouple converter answers nonsense',
    sentence:
      'The converter’s answer is all zeros, all ones or not what it was configured for; it counts as no reading.',
    cause: 'MISO stuck, no power at the converter, or the converter was reset.',
    remedy: 'Check the SPI wiring and the converter’s supply, then acknowledge.',
  },
  'tc-stale': {
    code: 'E105',
    action: 'trip',
    interlock: 'I13',
    label: 'No fresh thermocouple reading',
    sentence: 'The last good thermocouple reading is too old.',
    cause: 'The SPI bus hangs or the converter does not convert.',
    remedy: 'Check the SPI wiring, then acknowledge.',
  },
  'tc-frozen': {
    code: 'E106',
    action: 'trip',
    interlock: 'I11',
    label: 'Thermocouple reading frozen',
    sentence: 'The thermocouple gives the same code again and again while the heater works.',
    cause: 'The converter stopped converting.',
    remedy: 'Power-cycle the converter, then acknowledge.',
  },
  'tc-response': {
    code: 'E107',
    action: 'trip',
    interlock: 'I11',
    label: 'Thermocouple does not follow the heater',
    sentence: 'The thermocouple’s response to the heat pulses is outside 0.3 to 2.5 times the commissioned one.',
    cause: 'The thermocouple came off the sample, is shorted at the wrong place, or is reversed.',
    remedy: 'Re-attach the thermocouple and check its polarity, then acknowledge.',
  },
  'tc-implausible': {
    code: 'E108',
    action: 'trip',
    interlock: 'I2',
    label: 'Thermocouple reading implausible',
    sentence: 'The thermocouple reads a temperature that this bench cannot have.',
    cause: 'A wrong converter type, reversed polarity, or a cold junction far off.',
    remedy: 'Check converter and wiring, then acknowledge.',
  },

  // --- infrared thermometer
  'ir-unreadable': {
    code: 'E111',
    action: 'trip',
    interlock: 'I13',
    label: 'Infrared thermometer unreadable',
    sentence:
      'Several infrared readings in a row failed their check code, carried the error flag or were not acknowledged.',
    cause: 'Bus noise, wrong bus speed, or a missing sensor.',
    remedy: 'Check the I2C wiring and the 50 kHz bus speed, then acknowledge.',
  },
  'ir-stale': {
    code: 'E112',
    action: 'trip',
    interlock: 'I13',
    label: 'No fresh infrared reading',
    sentence: 'The last good infrared reading is too old.',
    cause: 'The I2C bus hangs.',
    remedy: 'Power-cycle the sensor and check SDA and SCL, then acknowledge.',
  },
  'ir-response': {
    code: 'E113',
    action: 'trip',
    interlock: 'I11',
    label: 'Infrared thermometer does not follow the heater',
    sentence: 'The infrared response to the heat pulses is outside 0.3 to 2.5 times the commissioned one.',
    cause: 'The view is blocked or fogged, the sensor points at the reflecting ITO, or the spot moved.',
    remedy: 'Clear the view and point the sensor at the paint dot, then acknowledge.',
  },
  'ir-implausible': {
    code: 'E114',
    action: 'trip',
    interlock: 'I2',
    label: 'Infrared reading implausible',
    sentence: 'The infrared thermometer reads a temperature that this bench cannot have.',
    cause: 'Another hot or cold object in view, or a wrong emissivity.',
    remedy: 'Check the view and the emissivity, then acknowledge.',
  },

  // --- temperature
  'temp-warm': {
    code: 'W120',
    action: 'warn',
    interlock: 'I1',
    label: 'Warm',
    sentence: 'A sensor is above the warning temperature.',
    cause: 'Heat builds up.',
    remedy: 'Lower the duty or cool the holder.',
  },
  'over-temperature': {
    code: 'E121',
    action: 'trip',
    interlock: 'I1',
    label: 'Over-temperature',
    sentence: 'A sensor read more than the trip temperature twice.',
    cause: 'Too much heat, blocked cooling, or a wrong heater.',
    remedy: 'Let the holder cool, find the cause, then acknowledge.',
  },
  'rise-rate': {
    code: 'E122',
    action: 'trip',
    interlock: 'I3',
    label: 'Temperature rises too fast',
    sentence: 'The temperature rose faster than the limit over 0.3 s.',
    cause: 'Too much power or a loose sensor.',
    remedy: 'Check the supply and the sensor, then acknowledge.',
  },
  'sensor-disagreement': {
    code: 'E123',
    action: 'trip',
    interlock: 'I10',
    label: 'Sensors disagree',
    sentence: 'Thermocouple and infrared thermometer differed by more than the limit for 3 s.',
    cause: 'A detached thermocouple, a hot object in the infrared view, or a wrong emissivity.',
    remedy: 'Check both sensors, then acknowledge.',
  },
  'model-residual': {
    code: 'E124',
    action: 'trip',
    interlock: 'I12',
    label: 'Temperature is not what the heat explains',
    sentence: 'A sensor differed from the expected temperature by more than the limit for 5 s.',
    cause: 'Blocked cooling, a changed sample, or a drifting sensor.',
    remedy: 'Check cooling and sample; commission again if the sample is new.',
  },
  'too-warm-to-arm': {
    code: 'E125',
    action: 'inhibit',
    interlock: 'I27',
    label: 'Too warm to arm',
    sentence: 'The film is warmer than the limit for arming before any heat was applied.',
    cause: 'It has not cooled down, or a sensor is wrong.',
    remedy: 'Wait until it is cool.',
  },
  'end-point': {
    code: 'E126',
    action: 'inhibit',
    interlock: 'I25',
    label: 'Constant heating would end too hot',
    sentence: 'The measured supply, the heater and the commissioned gain predict an end point above the limit.',
    cause: 'A wrong supply or sample.',
    remedy: 'Fit the declared supply and sample.',
  },
  'heat-budget': {
    code: 'E127',
    action: 'inhibit',
    interlock: 'I8',
    label: 'Heat budget used up',
    sentence: 'The mean duty is near its limit: pulses are held back, and arming waits until the budget has drained.',
    cause: 'A long time of much heat.',
    remedy: 'Wait a minute; lower the duty or the setpoint.',
  },
  'cold-junction-far': {
    code: 'W128',
    action: 'warn',
    interlock: 'I2',
    label: 'Cold junction far from the room',
    sentence: 'The converter’s cold junction and the infrared thermometer’s case differ by more than 15 K.',
    cause: 'The converter sits beside something hot.',
    remedy: 'Move the converter away from MOSFET and supply.',
  },

  // --- heater and power
  'leak-current': {
    code: 'E201',
    action: 'lockout',
    interlock: 'I5',
    label: 'Current although the gate is low',
    sentence:
      'Current flows while the heater is switched off: the MOSFET does not open, or the current monitor is stuck.',
    cause: 'A welded MOSFET, a missing pull-down, or a bad current monitor.',
    remedy: 'Disconnect the heater supply, replace the MOSFET, then reset at the bench.',
  },
  'no-current': {
    code: 'E202',
    action: 'trip',
    interlock: 'I6',
    label: 'No heater current',
    sentence: 'The gate is high but the current is missing.',
    cause: 'The heater is open, the MOSFET does not close, a fuse has opened, or the current monitor is dead.',
    remedy: 'Check heater contacts, fuse, MOSFET and monitor, then acknowledge.',
  },
  'current-envelope': {
    code: 'E203',
    action: 'trip',
    interlock: 'I4',
    label: 'Heater current outside its envelope',
    sentence: 'The heater current differs from the declared one by more than the tolerance.',
    cause: 'A cracked or wrong ITO substrate, or a wrong supply.',
    remedy: 'Measure the heater resistance and the supply, then acknowledge.',
  },
  'over-power': {
    code: 'E204',
    action: 'trip',
    interlock: 'I4',
    label: 'Heater power too high',
    sentence: 'The heater took more power than its rating allows for 50 ms.',
    cause: 'A wrong supply or a heater of low resistance.',
    remedy: 'Fit the declared supply and sample, then acknowledge.',
  },
  'supply-high': {
    code: 'E205',
    action: 'trip',
    interlock: 'I4',
    label: 'Supply voltage too high',
    sentence: 'The heater supply is above its tolerance.',
    cause: 'A 12 V or 24 V supply was plugged in.',
    remedy: 'Plug in the declared supply, then acknowledge.',
  },
  'supply-low': {
    code: 'E206',
    action: 'trip',
    interlock: 'I4',
    label: 'Supply voltage too low',
    sentence: 'The heater supply was below its tolerance for 200 ms.',
    cause: 'A weak or missing supply, or a bad contact.',
    remedy: 'Check the supply, then acknowledge.',
  },
  'power-unreadable': {
    code: 'E207',
    action: 'trip',
    interlock: 'I13',
    label: 'Current monitor unreadable',
    sentence: 'Several readings of heater current and voltage in a row failed.',
    cause: 'The I2C bus hangs or the monitor has no power.',
    remedy: 'Check the I2C wiring, then acknowledge.',
  },
  'enable-welded': {
    code: 'E208',
    action: 'lockout',
    interlock: 'I17',
    label: 'ENABLE switch does not open',
    sentence: 'Current flowed with the pump off and the gate on: the second switch does not open.',
    cause: 'A welded ENABLE switch.',
    remedy: 'Disconnect the heater supply, replace the switch, then reset at the bench.',
  },
  'proof-failed': {
    code: 'E209',
    action: 'trip',
    interlock: 'I17',
    label: 'Proof test failed',
    sentence: 'The proof pulse did not show voltage, current and power inside their envelope in time.',
    cause: 'No heater, no supply, or a monitor that does not answer.',
    remedy: 'Check heater and supply, acknowledge, and arm again.',
  },
  'conduction-too-long': {
    code: 'E210',
    action: 'trip',
    interlock: 'I7',
    label: 'Heater on too long',
    sentence: 'The gate reported the heater on for longer than the limit.',
    cause: 'The gate did not end a pulse.',
    remedy: 'Check the gate’s limits file and version, then acknowledge.',
  },

  // --- gate, controller, latch
  'gate-lost': {
    code: 'E301',
    action: 'trip',
    interlock: 'I14',
    label: 'Gate does not answer',
    sentence:
      'The executor that owns the heater pin stopped answering; the pump is no longer fed, so the second switch opens.',
    cause: 'The gate process died or hangs.',
    remedy: 'Restart the gate, then acknowledge.',
  },
  'gate-refused': {
    code: 'E302',
    action: 'trip',
    interlock: 'I9',
    label: 'Gate refused an order',
    sentence: 'The gate refused a pattern as outside its own limits.',
    cause: 'Constant current reached its longest time, or the limits of gate and controller differ.',
    remedy: 'Read the gate’s reason in events.csv; rest, or correct the limits; then acknowledge.',
  },
  'lease-expired': {
    code: 'E303',
    action: 'trip',
    interlock: 'I14',
    label: 'Controller was too late',
    sentence: 'The controller did not renew the gate’s lease in time; the gate switched the heater off.',
    cause: 'The controller stalled or the computer is overloaded.',
    remedy: 'Find what stalls the computer, then acknowledge.',
  },
  'restart-while-armed': {
    code: 'E304',
    action: 'trip',
    interlock: 'I28',
    label: 'Restarted while armed',
    sentence: 'The controller had been armed when it ended; it never resumes by itself.',
    cause: 'A crash, a kill or a power cut during a run.',
    remedy: 'Look at the sample, then acknowledge and start the run again.',
    clears: 'when acknowledged',
  },
  'latch-unreadable': {
    code: 'E305',
    action: 'lockout',
    interlock: 'I28',
    label: 'Safety record unreadable',
    sentence: 'The durable record of the safety latch is damaged, so its state is unknown.',
    cause: 'A power cut or a failing disk.',
    remedy: 'Check the disk, then reset at the bench.',
  },
  'run-order': {
    code: 'E306',
    action: 'trip',
    interlock: 'I9',
    label: 'Order outside its bounds',
    sentence: 'Control asked for a pattern outside the compiled bounds.',
    cause: 'A programming error.',
    remedy: 'Report it with the run folder.',
  },
  'gate-limits': {
    code: 'E307',
    action: 'inhibit',
    interlock: 'I26',
    label: 'Gate has other limits',
    sentence: 'The hard limits that the gate announced are not those of the settings.',
    cause: 'Gate and controller were started from different bench files or versions.',
    remedy: 'Restart both from the same bench file.',
  },
  'latch-unwritable': {
    code: 'E308',
    action: 'inhibit',
    interlock: 'I22',
    label: 'Safety record cannot be written',
    sentence: 'The durable record of the safety latch could not be written; nothing can be armed.',
    cause: 'The disk is full, read-only or failing.',
    remedy: 'Free some space or replace the disk; it is tried again every second.',
  },

  // --- contacts
  estop: {
    code: 'E401',
    action: 'trip',
    interlock: 'I18',
    label: 'E-stop pressed',
    sentence: 'The E-stop contact is open; it also cuts the heater by itself.',
    cause: 'Somebody pressed it, or its wire is broken.',
    remedy: 'Release the E-stop, then acknowledge.',
  },
  lid: {
    code: 'E402',
    action: 'trip',
    interlock: 'I18',
    label: 'Lid open',
    sentence: 'The lid contact is open; it also cuts the heater by itself.',
    cause: 'The lid is open, or its wire is broken.',
    remedy: 'Close the lid, then acknowledge.',
  },

  // --- optics: never stops the fixed schedule
  'pl-saturated': {
    code: 'W501',
    action: 'warn',
    interlock: 'I21',
    label: 'Photodiode saturated',
    sentence:
      'A photodiode channel was above 98 % of its range for 1 s; the PL signal is not used and the schedule stays fixed.',
    cause: 'Too much light or gain, or a shorted photodiode.',
    remedy: 'Lower the gain or block stray light.',
  },
  'pl-unreadable': {
    code: 'W502',
    action: 'warn',
    interlock: 'I21',
    label: 'Photodiodes unreadable',
    sentence: 'The photodiode converter does not answer; the PL signal is not used and the schedule stays fixed.',
    cause: 'A bus fault.',
    remedy: 'Check the converter.',
  },
  'pl-dark': {
    code: 'W503',
    action: 'warn',
    interlock: 'I21',
    label: 'No light',
    sentence: 'The excitation is on but its reference photodiode sees nothing; the PL signal is not used.',
    cause: 'The excitation is off or blocked.',
    remedy: 'Check the excitation light.',
  },

  // --- history
  'trip-storm': {
    code: 'E601',
    action: 'lockout',
    interlock: 'I23',
    label: 'Too many trips',
    sentence: 'Three trips within ten minutes.',
    cause: 'A fault that was acknowledged but not cured.',
    remedy: 'Find the cause of the trips, then reset at the bench.',
  },
  'journal-failing': {
    code: 'E602',
    action: 'trip',
    interlock: 'I22',
    label: 'Record cannot be written',
    sentence: 'The run record could not be written for 10 s; the run is stopped.',
    cause: 'The disk is full or read-only.',
    remedy: 'Free some space, then acknowledge.',
  },
} as const satisfies Record<string, FaultRow>;

export type FaultName = keyof typeof FAULTS;
export const FAULT_NAMES = Object.keys(FAULTS) as FaultName[];

/** The actions in order of severity; the kernel compares with these numbers. */
export const SEVERITY = { warn: 1, inhibit: 2, trip: 3, lockout: 4 } as const satisfies Record<FaultAction, number>;
/** 1 (warn) to 4 (lockout). */
export const severity = (name: FaultName): number => SEVERITY[FAULTS[name].action];

const CLEARS: Record<FaultAction, string> = {
  warn: 'when the condition is gone',
  inhibit: 'when the condition is gone',
  trip: 'when acknowledged, with the condition gone',
  lockout: 'only by a reset at the bench with no current',
};
/** When a fault clears, in words. */
export const clearsWhen = (name: FaultName): string => {
  const row: FaultRow = FAULTS[name];
  return row.clears ?? CLEARS[row.action];
};
