/**
 * Heat as asked, on benches that nobody tuned for: `npm run bench:heat`, options as in campaign.ts. Suite hold draws populations
 * of its own; with --map it tries other swings and periods, too.
 */
import { fileURLToPath } from 'node:url';
import { campaign } from './campaign.ts';
import { SUITES } from './heat/suites.ts';

await campaign({ name: 'bench:heat', file: fileURLToPath(import.meta.url), suites: SUITES });
