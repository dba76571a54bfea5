import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  benchParts,
  CALIBRATED_KEYS,
  type Calibration,
  calibrationIn,
  writeCalibration,
} from '../../src/config/calibration.ts';
import {
  bettered,
  offerPath,
  readOffer,
  removeOffer,
  slowWords,
  writeOffer,
} from '../../src/config/calibration-offer.ts';
import { defaultSettings, type Settings } from '../../src/params/settings.ts';

let folder: string;
let settings: Settings;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'remixd-offer-'));
  settings = { ...defaultSettings(), 'runtime.stateDir': folder };
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const calibration = (wallTime = '2026-11-01'): Calibration => ({
  ...{ format: 1, wallTime, bench: benchParts(defaultSettings()), measured: { restC: 23 } },
  errors: { 'heater.slowTauS': 150, 'heater.fastTauS': 0.02 },
  intervals: { 'heater.slowTauS': [112, 800], 'heater.fastKPerW': [3.4, 3.6] },
  settings: {
    ...(Object.fromEntries(CALIBRATED_KEYS.map((key) => [key, defaultSettings()[key]])) as Calibration['settings']),
    ...{ 'heater.gainKPerW': 6, 'heater.fastShare': 0.6, 'heater.slowTauS': 300 },
  },
});
const LEARNT = { slowTauS: 412.4, slowTauError: 0.03, gainKPerW: 7.2, gainError: 0.04 };

/** A calibration and an offer for it. */
async function offered(change: (offer: Calibration) => Calibration = (offer) => offer): Promise<string> {
  const id = writeCalibration(folder, calibration());
  await writeOffer(folder, change(bettered(calibrationIn(folder)!, LEARNT, '2026-11-02')));
  return id;
}
const problems = (of = settings): unknown => {
  const found = readOffer(of);
  return found && 'problems' in found ? found.problems : found;
};

describe('the offer of a calibration', () => {
  it('keeps everything but the slow pole: the fast one has the gain that it had', async () => {
    const basedOn = await offered();
    const found = readOffer(settings);
    if (found === null || 'problems' in found) throw new Error(JSON.stringify(found));
    const { settings: to, errors, intervals, ...rest } = found.offer.calibration;
    expect(rest).toEqual({
      ...{ format: 1, wallTime: '2026-11-02', basedOn, bench: benchParts(defaultSettings()), measured: { restC: 23 } },
    });
    expect(to).toEqual({
      ...calibration().settings,
      ...{ 'heater.gainKPerW': 7.2, 'heater.fastShare': 0.5, 'heater.slowTauS': 412 },
    });
    expect(errors).toEqual({ 'heater.slowTauS': 12.372, 'heater.gainKPerW': 0.288, 'heater.fastTauS': 0.02 });
    // exp(±1.96·0.03) of 412.4 s
    expect(intervals).toMatchObject({ 'heater.slowTauS': [388.85, 437.3762], 'heater.fastKPerW': [3.4, 3.6] });
    expect(slowWords(found.offer.calibration)).toBe('412 ± 12 s');
    expect(slowWords(found.base.calibration)).toBe('300 ± 150 s');
  });

  it('is a calibration under the same id once it is in force, and then no offer any more', async () => {
    const before = await offered();
    const found = readOffer(settings);
    if (found === null || 'problems' in found) throw new Error(JSON.stringify(found));
    expect(writeCalibration(folder, found.offer.calibration)).toBe(found.offer.id);
    expect(calibrationIn(folder)).toEqual(found.offer);
    expect(problems()).toMatchObject([{ code: 'OFFER_STALE', got: expect.stringContaining(before) }]);
    removeOffer(folder);
    expect(problems()).toBeNull();
    removeOffer(folder);
  });

  it('is stale when the bench was commissioned since, and when there is no calibration', async () => {
    await offered();
    const id = writeCalibration(folder, calibration('2026-11-03'));
    expect(problems()).toMatchObject([
      { code: 'OFFER_STALE', allowed: expect.stringContaining(id), remedy: expect.stringContaining('Delete the file') },
    ]);
    rmSync(join(folder, 'calibration.json'));
    expect(problems()).toMatchObject([{ code: 'OFFER_STALE', allowed: expect.stringContaining('no calibration') }]);
  });

  it('is damaged when it was changed by hand, and unreadable when it is no file', async () => {
    await offered();
    const text = readFileSync(offerPath(folder), 'utf8');
    writeFileSync(offerPath(folder), text.replace('"heater.slowTauS": 412', '"heater.slowTauS": 500'));
    expect(problems()).toMatchObject([{ code: 'OFFER_DAMAGED', remedy: expect.stringContaining('Delete') }]);
    writeFileSync(offerPath(folder), text.slice(0, 200));
    expect(problems()).toMatchObject([{ code: 'OFFER_DAMAGED' }]);
    rmSync(offerPath(folder));
    mkdirSync(offerPath(folder));
    expect(problems()).toMatchObject([{ code: 'OFFER_UNREADABLE' }]);
  });

  it('is refused with the right id, too, where it holds what no run can have learnt', async () => {
    const to =
      (values: Partial<Calibration['settings']>) =>
      (offer: Calibration): Calibration => ({ ...offer, settings: { ...offer.settings, ...values } });
    await offered(to({ 'sensors.thermocoupleContact': 0.5 }));
    expect(problems()).toMatchObject([
      { code: 'OFFER_IMPLAUSIBLE', got: expect.stringContaining('sensors.thermocoupleContact') },
    ]);
    const { 'heater.fastTauS': fastTauS } = defaultSettings();
    await offered(to({ 'heater.slowTauS': 60 }));
    expect(problems()).toHaveProperty('offer');
    await offered((offer) => ({ ...offer, settings: { ...offer.settings, 'heater.slowTauS': 4 * fastTauS } }));
    expect(problems()).toEqual(expect.arrayContaining([expect.objectContaining({ code: 'OFFER_IMPLAUSIBLE' })]));
    await offered(to({ 'heater.gainKPerW': 1e6 }));
    expect(problems()).toMatchObject([{ path: expect.stringContaining('heater.gainKPerW') }]);
    const { errors: _, ...bare } = bettered(calibrationIn(folder)!, LEARNT, '2026-11-02');
    const hash = createHash('sha256').update(JSON.stringify(bare)).digest('hex').slice(0, 12);
    writeFileSync(offerPath(folder), JSON.stringify({ id: `cal-${hash}`, ...bare }));
    expect(problems()).toMatchObject([{ code: 'OFFER_IMPLAUSIBLE', got: 'no errors' }]);
  });

  it('of another bench is refused', async () => {
    await offered();
    expect(problems({ ...settings, 'heater.currentA': 0.3 })).toMatchObject([{ code: 'CALIBRATION_FOREIGN' }]);
  });
});
