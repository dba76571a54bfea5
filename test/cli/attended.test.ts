/** A measurement with somebody at the bench: its exit code is what its result deserves. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { attended } from '../../src/cli/attended.ts';
import { SEARCH } from '../../src/cli/find-run.ts';
import { loadConfig } from '../../src/config/load.ts';

afterEach(() => vi.restoreAllMocks());

describe('an attended measurement', () => {
  it.each([0, 1])('ends with the exit code %i of its good result', async (code) => {
    vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const folder = mkdtempSync(join(tmpdir(), 'remixd-attended-'));
    const set = [`runtime.stateDir=${join(folder, 'state')}`, `runtime.runsDir=${join(folder, 'runs')}`];
    const loaded = loadConfig({ set, env: {} });
    const measurement = {
      name: 'find-pattern',
      recipe: SEARCH,
      measure: async () => ({ kind: 'good' as const }),
      keep: () => code,
      nothing: 'Nothing.',
    };
    expect(await attended({ loaded, speed: 1, yes: true, json: false }, measurement)).toBe(code);
  });
});
