/** What a run has learnt of the bench and nobody has put in force. */
import { about, type Check } from '../finding.ts';

const { ok, warn } = about('calibration-offer', 'Offer of a better calibration');

/** Says nothing where there is no offer. */
export const offer: Check = {
  hardware: false,
  look: ({ settings, offer: probe }) => {
    const found = probe?.(settings) ?? null;
    if (found === null) return [];
    return ['text' in found ? ok(found.text) : warn(found.wrong, found.remedy)];
  },
};
