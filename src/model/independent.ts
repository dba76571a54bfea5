/** Readings that follow each other are not independent: converters quantise and filter, and a model that is a little wrong errs slowly. */

const LEAST_NOISE_K = 0.01;

/** Standard deviation of a reading, as if neighbours were independent: rms·√F, F = 1 + 2·Σ of the autocorrelation (Sokal 1997). */
export function independent(residual: readonly number[]): number {
  const square = residual.reduce((sum, r) => sum + r * r, 0);
  let factor = 1;
  // Up to the first correlation that is lost in its own noise, and not further than a tenth of the record.
  for (let lag = 1; lag < residual.length / 10; lag += 1) {
    let product = 0;
    for (let i = lag; i < residual.length; i += 1) product += residual[i]! * residual[i - lag]!;
    const correlation = product / square;
    if (correlation < 2 / Math.sqrt(residual.length)) break;
    factor += 2 * correlation;
  }
  return Math.max(LEAST_NOISE_K, Math.sqrt((square / residual.length) * factor));
}
