/** Numbers as people type them, with or without a unit: "0.5s" for 500 ms, "400mA" for 0.4 A, "8h" for 28,800 s. */

const NUMBER = /^(-?(?:\d+\.?\d*|\.\d+)(?:e-?\d+)?)(?: ?([^\d\s.,-]\D*))?$/i;
const MILLI = 1e-3;
const MINUTE = 60;
const HOUR = 3600;

/** How much of the first unit one of the others is. */
const FACTORS: readonly Readonly<Record<string, number>>[] = [
  { s: 1, ms: MILLI, min: MINUTE, h: HOUR, d: 24 * HOUR },
  { A: 1, mA: MILLI },
  { V: 1, mV: MILLI },
  { Hz: 1, kHz: 1000, MHz: 1e6 },
  { Ω: 1, Ohm: 1, ohm: 1, mΩ: MILLI, mOhm: MILLI },
  { '°C': 1, C: 1 },
  { K: 1, mK: MILLI },
  { '1': 1, '%': 0.01 },
];

/**
 * The number that `text` means in `unit`; without a unit of its own it is in that unit. Null for what is no number, or has
 * a unit of another kind: a length of time is no current.
 */
export function numberIn(unit: string, text: string): number | null {
  const [, digits, own = ''] = NUMBER.exec(text) ?? [];
  if (digits === undefined) return null;
  if (own === '' || own === unit) return Number(digits);
  const family = FACTORS.find((factors) => Object.hasOwn(factors, unit));
  const from = family && Object.hasOwn(family, own) ? family[own] : undefined;
  const to = family?.[unit];
  if (from === undefined || to === undefined) return null;
  // Twelve digits: 0.3 s are 300 ms and not 300.00000000000006.
  return Number(((Number(digits) * from) / to).toPrecision(12));
}
