/**
 * Every fault, declared once. A code is never used again for something else; a retired row stays as a tombstone.
 *
 * action, in order of severity (the worst present one wins):
 *   warn     shown and recorded, nothing else
 *   inhibit  arming is refused
 *   trip     heater off, latched until a person acknowledges it
 *   lockout  heater off, latched until a local reset with no current flowing
 * While nothing is driven (state safe) a trip-level fault only inhibits; a lockout-level one locks out in every state.
 *
 */
export type FaultAction = 'warn' | 'inhibit' | 'trip' | 'lockout';

export interface FaultRow {
  readonly code: string;
  readonly action: FaultAction;
  readonly interlock: string;
  readonly label: string;
  /** What happened, for a person at the bench. */
  readonly sentence: string;
  readonly cause: string;
  readonly remedy: string;
  readonly clears: string;
}

const CLEARS: Record<FaultAction, string> = {
  warn: 'when the condition is gone',
  inhibit: 'when the condition is gone',
  trip: 'when acknowledged, with the condition gone',
  lockout: 'only by a local reset with no current',
};

const fault = (
  code: string,
  action: FaultAction,
  interlock: string,
  label: string,
  sentence: string,
  cause: string,
  remedy: string,
  clears = CLEARS[action],
): FaultRow => ({ code, action, interlock, label, sentence, cause, remedy, clears });

export const FAULTS = {
  // --- thermocouple
  'tc-open': fault(
    'E101',
    'trip',
    'I13',
    'Thermocouple open',
    'The thermocouple circuit is open.',
    'A broken wire or a loose terminal.',
    'Check the wire and the terminal block, then acknowledge.',
  ),
  'tc-short-gnd': fault(
    'E102',
    'trip',
    'I13',
    'Thermocouple shorted to ground',
    'The thermocouple touches ground.',
    'A bare wire touches the holder.',
    'Insulate the junction from the metal, then acknowledge.',
  ),
  'tc-short-vcc': fault(
    'E103',
    'trip',
    'I13',
    'Thermocouple over- or undervoltage',
    'The thermocouple input is outside its voltage range.',
    'A short to the supply, or (MAX31856, which cannot tell them apart) to ground.',
    'Check the wiring of the converter, then acknowledge.',
  ),
  'tc-frame': fault(
    'E104',
    'trip',
    'I2',
    'Thermocouple converter answers nonsense',
    'The converter’s answer is all zeros, all ones or not what it was configured for; it counts as no reading.',
    'MISO stuck, no power at the converter, or the converter was reset.',
    'Check the SPI wiring and the converter’s supply, then acknowledge.',
  ),
  'tc-stale': fault(
    'E105',
    'trip',
    'I13',
    'No fresh thermocouple reading',
    'The last good thermocouple reading is too old.',
    'The SPI bus hangs or the converter does not convert.',
    'Check the SPI wiring, then acknowledge.',
  ),
  'tc-frozen': fault(
    'E106',
    'trip',
    'I11',
    'Thermocouple reading frozen',
    'The thermocouple gives the same code again and again while the heater works.',
    'The converter stopped converting.',
    'Power-cycle the converter, then acknowledge.',
  ),
  'tc-response': fault(
    'E107',
    'trip',
    'I11',
    'Thermocouple does not follow the heater',
    'The thermocouple’s response to the heat pulses is outside 0.3 to 2.5 times the commissioned one.',
    'The thermocouple came off the sample, is shorted at the wrong place, or is reversed.',
    'Re-attach the thermocouple and check its polarity, then acknowledge.',
  ),
  'tc-implausible': fault(
    'E108',
    'trip',
    'I2',
    'Thermocouple reading implausible',
    'The thermocouple reads a temperature that this bench cannot have.',
    'A wrong converter type, reversed polarity, or a cold junction far off.',
    'Check converter and wiring, then acknowledge.',
  ),

  // --- infrared thermometer
  'ir-unreadable': fault(
    'E111',
    'trip',
    'I13',
    'Infrared thermometer unreadable',
    'Several infrared readings in a row failed their check code, carried the error flag or were not acknowledged.',
    'Bus noise, wrong bus speed, or a missing sensor.',
    'Check the I2C wiring and the 50 kHz bus speed, then acknowledge.',
  ),
  'ir-stale': fault(
    'E112',
    'trip',
    'I13',
    'No fresh infrared reading',
    'The last good infrared reading is too old.',
    'The I2C bus hangs.',
    'Power-cycle the sensor and check SDA and SCL, then acknowledge.',
  ),
  'ir-response': fault(
    'E113',
    'trip',
    'I11',
    'Infrared thermometer does not follow the heater',
    'The infrared response to the heat pulses is outside 0.3 to 2.5 times the commissioned one.',
    'The view is blocked or fogged, the sensor points at the reflecting ITO, or the spot moved.',
    'Clear the view and point the sensor at the paint dot, then acknowledge.',
  ),
  'ir-implausible': fault(
    'E114',
    'trip',
    'I2',
    'Infrared reading implausible',
    'The infrared thermometer reads a temperature that this bench cannot have.',
    'Another hot or cold object in view, or a wrong emissivity.',
    'Check the view and the emissivity, then acknowledge.',
  ),

  // --- temperature
  'temp-warm': fault(
    'W120',
    'warn',
    'I1',
    'Warm',
    'A sensor is above the warning temperature.',
    'Heat builds up.',
    'Lower the duty or cool the holder.',
  ),
  'over-temperature': fault(
    'E121',
    'trip',
    'I1',
    'Over-temperature',
    'A sensor read more than the trip temperature twice.',
    'Too much heat, blocked cooling, or a wrong heater.',
    'Let the holder cool, find the cause, then acknowledge.',
  ),
  'rise-rate': fault(
    'E122',
    'trip',
    'I3',
    'Temperature rises too fast',
    'The temperature rose faster than the limit over 0.3 s.',
    'Too much power or a loose sensor.',
    'Check the supply and the sensor, then acknowledge.',
  ),
  'sensor-disagreement': fault(
    'E123',
    'trip',
    'I10',
    'Sensors disagree',
    'Thermocouple and infrared thermometer differed by more than the limit for 3 s.',
    'A detached thermocouple, a hot object in the infrared view, or a wrong emissivity.',
    'Check both sensors, then acknowledge.',
  ),
  'model-residual': fault(
    'E124',
    'trip',
    'I12',
    'Temperature is not what the heat explains',
    'A sensor differed from the expected temperature by more than the limit for 5 s.',
    'Blocked cooling, a changed sample, or a drifting sensor.',
    'Check cooling and sample; commission again if the sample is new.',
  ),
  'too-warm-to-arm': fault(
    'E125',
    'inhibit',
    'arm',
    'Too warm to arm',
    'The film is warmer than the limit for arming before any heat was applied.',
    'It has not cooled down, or a sensor is wrong.',
    'Wait until it is cool.',
  ),
  'end-point': fault(
    'E126',
    'inhibit',
    'I25',
    'Constant heating would end too hot',
    'The measured supply, the heater and the commissioned gain predict an end point above the limit.',
    'A wrong supply or sample.',
    'Fit the declared supply and sample.',
  ),
  'heat-budget': fault(
    'E127',
    'inhibit',
    'I8',
    'Heat budget used up',
    'The mean duty is near its limit: pulses are held back, and arming waits until the budget has drained.',
    'A long time of much heat.',
    'Wait a minute; lower the duty or the setpoint.',
  ),
  'cold-junction-far': fault(
    'W128',
    'warn',
    'I2',
    'Cold junction far from the room',
    'The converter’s cold junction and the infrared thermometer’s case differ by more than 15 K.',
    'The converter sits beside something hot.',
    'Move the converter away from MOSFET and supply.',
  ),

  // --- heater and power
  'leak-current': fault(
    'E201',
    'lockout',
    'I5',
    'Current although the gate is low',
    'Current flows while the heater is switched off: the MOSFET does not open, or the current monitor is stuck.',
    'A welded MOSFET, a missing pull-down, or a bad current monitor.',
    'Disconnect the heater supply, replace the MOSFET, then reset at the bench.',
    'only by a local reset with no current',
  ),
  'no-current': fault(
    'E202',
    'trip',
    'I6',
    'No heater current',
    'The gate is high but the current is missing.',
    'The heater is open, the MOSFET does not close, a fuse has opened, or the current monitor is dead.',
    'Check heater contacts, fuse, MOSFET and monitor, then acknowledge.',
  ),
  'current-envelope': fault(
    'E203',
    'trip',
    'I4',
    'Heater current outside its envelope',
    'The heater current differs from the declared one by more than the tolerance.',
    'A cracked or wrong ITO substrate, or a wrong supply.',
    'Measure the heater resistance and the supply, then acknowledge.',
  ),
  'over-power': fault(
    'E204',
    'trip',
    'I4',
    'Heater power too high',
    'The heater took more power than its rating allows for 50 ms.',
    'A wrong supply or a heater of low resistance.',
    'Fit the declared supply and sample, then acknowledge.',
  ),
  'supply-high': fault(
    'E205',
    'trip',
    'I4',
    'Supply voltage too high',
    'The heater supply is above its tolerance.',
    'A 12 V or 24 V supply was plugged in.',
    'Plug in the declared supply, then acknowledge.',
  ),
  'supply-low': fault(
    'E206',
    'trip',
    'I4',
    'Supply voltage too low',
    'The heater supply was below its tolerance for 200 ms.',
    'A weak or missing supply, or a bad contact.',
    'Check the supply, then acknowledge.',
  ),
  'power-unreadable': fault(
    'E207',
    'trip',
    'I13',
    'Current monitor unreadable',
    'Several readings of heater current and voltage in a row failed.',
    'The I2C bus hangs or the monitor has no power.',
    'Check the I2C wiring, then acknowledge.',
  ),
  'enable-welded': fault(
    'E208',
    'lockout',
    'I17',
    'ENABLE switch does not open',
    'Current flowed with the pump off and the gate on: the second switch does not open.',
    'A welded ENABLE switch.',
    'Disconnect the heater supply, replace the switch, then reset at the bench.',
    'only by a local reset with no current',
  ),
  'proof-failed': fault(
    'E209',
    'trip',
    'I17',
    'Proof test failed',
    'The proof pulse did not show voltage, current and power inside their envelope in time.',
    'No heater, no supply, or a monitor that does not answer.',
    'Check heater and supply, acknowledge, and arm again.',
  ),
  'conduction-too-long': fault(
    'E210',
    'trip',
    'I7',
    'Heater on too long',
    'The gate reported the heater on for longer than the limit.',
    'The gate did not end a pulse.',
    'Check the gate’s limits file and version, then acknowledge.',
  ),

  // --- gate, controller, latch
  'gate-lost': fault(
    'E301',
    'trip',
    'I14',
    'Gate does not answer',
    'The executor that owns the heater pin stopped answering; the pump is no longer fed, so the second switch opens.',
    'The gate process died or hangs.',
    'Restart the gate, then acknowledge.',
  ),
  'gate-refused': fault(
    'E302',
    'trip',
    'I9',
    'Gate refused an order',
    'The gate refused a pattern as outside its own limits.',
    'Constant current reached its longest time, or the limits of gate and controller differ.',
    'Read the gate’s reason in events.csv; rest, or correct the limits; then acknowledge.',
  ),
  'lease-expired': fault(
    'E303',
    'trip',
    'I14',
    'Controller was too late',
    'The controller did not renew the gate’s lease in time; the gate switched the heater off.',
    'The controller stalled or the computer is overloaded.',
    'Find what stalls the computer, then acknowledge.',
  ),
  'restart-while-armed': fault(
    'E304',
    'trip',
    'boot',
    'Restarted while armed',
    'The controller had been armed when it ended; it never resumes by itself.',
    'A crash, a kill or a power cut during a run.',
    'Look at the sample, then acknowledge and start the run again.',
    'when acknowledged',
  ),
  'latch-unreadable': fault(
    'E305',
    'lockout',
    'boot',
    'Safety record unreadable',
    'The durable record of the safety latch is damaged, so its state is unknown.',
    'A power cut or a failing disk.',
    'Check the disk, then reset at the bench.',
    'only by a local reset with no current',
  ),
  'run-order': fault(
    'E306',
    'trip',
    'I9',
    'Order outside its bounds',
    'Control asked for a pattern outside the compiled bounds.',
    'A programming error.',
    'Report it with the run folder.',
  ),
  'gate-limits': fault(
    'E307',
    'inhibit',
    'I26',
    'Gate has other limits',
    'The hard limits that the gate announced are not those of the settings.',
    'Gate and controller were started from different bench files or versions.',
    'Restart both from the same bench file.',
  ),
  'latch-unwritable': fault(
    'E308',
    'inhibit',
    'I22',
    'Safety record cannot be written',
    'The durable record of the safety latch could not be written; nothing can be armed.',
    'The disk is full, read-only or failing.',
    'Free some space or replace the disk; it is tried again every second.',
  ),

  // --- contacts
  estop: fault(
    'E401',
    'trip',
    'I18',
    'E-stop pressed',
    'The E-stop contact is open; it also cuts the heater by itself.',
    'Somebody pressed it, or its wire is broken.',
    'Release the E-stop, then acknowledge.',
  ),
  lid: fault(
    'E402',
    'trip',
    'I18',
    'Lid open',
    'The lid contact is open; it also cuts the heater by itself.',
    'The lid is open, or its wire is broken.',
    'Close the lid, then acknowledge.',
  ),

  // --- optics: never stops the fixed schedule
  'pl-saturated': fault(
    'W501',
    'warn',
    'I21',
    'Photodiode saturated',
    'A photodiode channel was above 98 % of its range for 1 s; the PL signal is not used and the schedule stays fixed.',
    'Too much light or gain, or a shorted photodiode.',
    'Lower the gain or block stray light.',
  ),
  'pl-unreadable': fault(
    'W502',
    'warn',
    'I21',
    'Photodiodes unreadable',
    'The photodiode converter does not answer; the PL signal is not used and the schedule stays fixed.',
    'A bus fault.',
    'Check the converter.',
  ),
  'pl-dark': fault(
    'W503',
    'warn',
    'I21',
    'No light',
    'The excitation is on but its reference photodiode sees nothing; the PL signal is not used.',
    'The excitation is off or blocked.',
    'Check the excitation light.',
  ),

  // --- history
  'trip-storm': fault(
    'E601',
    'lockout',
    'I23',
    'Too many trips',
    'Three trips within ten minutes.',
    'A fault that was acknowledged but not cured.',
    'Find the cause of the trips, then reset at the bench.',
    'only by a local reset with no current',
  ),
  'journal-failing': fault(
    'E602',
    'trip',
    'I22',
    'Record cannot be written',
    'The run record could not be written for 10 s; the run is stopped.',
    'The disk is full or read-only.',
    'Free some space, then acknowledge.',
  ),
} as const satisfies Record<string, FaultRow>;

export type FaultName = keyof typeof FAULTS;
export const FAULT_NAMES = Object.keys(FAULTS) as FaultName[];

const SEVERITY: Record<FaultAction, number> = { warn: 1, inhibit: 2, trip: 3, lockout: 4 };
/** 1 (warn) to 4 (lockout). */
export const severity = (name: FaultName): number => SEVERITY[FAULTS[name].action];
