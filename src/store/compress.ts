/**
 * Bodies are deflated with a dictionary of typical text: nearly all of a record is names of quantities. A day of
 * 1 Hz samples and 12 summaries a minute shrinks from 51 MB to 14 MB.
 *
 * WORDS is part of the format of the database and must never change, not even by a space; another dictionary needs a new
 * version of the table.
 */
import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';

const WORDS = Buffer.from(
  '{"damaged":true}{"from":,"to":,"n":,"events":0,"why":"queue"}"why":"bytes"}"why":"age"}{"wall_ms":,"stepped_ms":null}' +
    '"code":"tripped","columns":["mono_s","time_s","cj_c"],"rows":[["edge_columns":["rising","asked_us","achieved_us"],"edges":[[1,' +
    '"event":"fault","event":"clear","event":"command","event":"refused","event":"recipe","event":"gate","event":"disk",' +
    '"event":"state","code":"armed","text":"prove -> armed","time_s":null}"stale","crc",null,"ok",-0.0,' +
    '{"start_us":,"length_us":5000000,"ended":"edge_missing","ended":"not_armed","ended":"closed","ended":"long","goes_on":true,' +
    '"ended":"next_pulse","goes_on":false,"pulses":1,"on_asked_us":500000,"on_achieved_us":500000,"worst_edge_late_us":,' +
    '"duty_ratio":0.1,"heater_on_w":2.4,"power_mean_w":0.24,"tc_c":{"min":2,"mean":2,"max":3,"n":50,"quality":"ok"},' +
    '"ir_c":{"min":2,"mean":2,"max":3,"n":50,"quality":"ok"},"pl_cold_v":{"green":0.,"red":0.,"broadband":0.,"reference":0.,' +
    '"n":45,"quality":"ok"},"pl_hot_v":{"green":0.,"red":0.,"broadband":0.,"reference":0.,"n":5,"quality":"ok"},"rows":50}' +
    '{"time_s":1,"state":"tripped","mode":"off",{"time_s":1,"state":"safe","mode":"constant",{"time_s":1,"state":"armed","mode":"pid",' +
    '"setpoint_c":31,{"time_s":1,"state":"armed","mode":"pulse","tc_c":2,"tc_quality":"ok","cj_c":2,"ir_c":2,"ir_quality":"ok",' +
    '"heater_a":0,"supply_v":6.0,"power_quality":"ok","pl_green_v":0.,"pl_red_v":0.,"pl_broadband_v":0.,"pl_reference_v":0.,' +
    '"pl_quality":"ok","light_ratio":1,"desired_ratio":0.1,"permitted_ratio":0.1,"setpoint_c":null,"achieved_ratio":0.1}',
);

/** No stored body is longer; limits what a damaged body can expand to. */
const LONGEST = 1 << 21;

export const deflated = (text: string): Uint8Array =>
  deflateRawSync(text, { dictionary: WORDS, level: 6, memLevel: 9, windowBits: 15 });

/** Throws when the bytes are not valid. */
export const inflated = (bytes: Uint8Array): string =>
  inflateRawSync(bytes, { dictionary: WORDS, maxOutputLength: LONGEST, finishFlush: constants.Z_FINISH }).toString(
    'utf8',
  );
