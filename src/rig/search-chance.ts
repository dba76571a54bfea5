/** Chance of the order of trials in a search for a pattern: the same for the same seed, and apart from that of the bench. */
import { Prng } from '../twin/prng.ts';

const STREAM = 79;

/** @param seed any integer 0..2^32−1. Returns what draws 0..1 */
export function searchChance(seed: number): () => number {
  const prng = new Prng(seed, STREAM);
  return () => prng.uniform();
}
