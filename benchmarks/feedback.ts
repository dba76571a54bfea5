/**
 * Feedback from light to heat, on benches that nobody tuned for: `npm run bench:feedback`, options as in campaign.ts. Suite hold
 * draws populations of its own.
 */
import { fileURLToPath } from 'node:url';
import { campaign } from './campaign.ts';
import { SUITES } from './feedback/suites.ts';

await campaign({ name: 'bench:feedback', file: fileURLToPath(import.meta.url), suites: SUITES });
