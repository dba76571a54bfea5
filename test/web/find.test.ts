/** The search for a pattern over HTTP: what the page is told of it, and what its orders need. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FindView } from '../../src/params/page.ts';
import type { Snapshot } from '../../src/params/snapshot.ts';
import { API } from '../../src/params/web.ts';
import { WebBench } from './bench.ts';

let web: WebBench;
beforeEach(async () => {
  web = new WebBench({ 'heater.commissioned': true, 'remote.tune': 'remote' });
  await web.open();
});
afterEach(() => web.close());

/** Armed, commissioned, in the light of the settings. */
const ready = (): void => {
  web.bench.state('armed');
  web.bench.set({
    light: web.bench.settings['light.level'],
    film: { celsius: 24 } as unknown as Snapshot['film'],
    reach: { nowC: 40, endC: 42 } as unknown as Snapshot['reach'],
  });
};
const state = async (): Promise<Record<string, unknown>> => {
  await web.tick();
  return (await web.get(`${API}/state`)).json();
};

const VIEW: FindView = {
  phase: 'lit',
  by: 'tuneer',
  for_s: 130,
  light_s: 12,
  most: { light_s: 295, trials: 14 },
  trials: [],
  cell: { on_s: 0.5, period_s: 5 },
  map: [{ on_s: 0.5, period_s: 5, holds: 0.61, log10: -2.3, error: 0.8 }],
  found: null,
  in_force: false,
  why: 'Trial 1: light on.',
};

describe('the state', () => {
  it('has the search as the film’s place shows it, and null without one', async () => {
    expect((await state())['find']).toBeNull();
    web.find = VIEW;
    expect((await state())['find']).toEqual(VIEW);
  });

  it('says why no search can begin, and nothing where one can', async () => {
    expect((await state())['find_hindrance']).toMatch(/^The bench is SAFE/);
    ready();
    expect((await state())['find_hindrance']).toBeNull();
  });
});

describe('an order to search', () => {
  it('needs the nonce of the present state and the role to tune; a stop of the search needs no nonce', async () => {
    ready();
    expect((await web.order('find')).status).toBe(410);
    expect((await web.order('find', { nonce: await web.nonce() }, 'run')).status).toBe(403);
    expect(web.bench.desk.search).toBeNull();
    const nonce = await web.nonce();
    expect((await web.order('find', { nonce })).status).toBe(202);
    expect(web.bench.desk.search).toEqual({ by: 'tuneer', state: 'asked' });
    expect((await web.order('find', { nonce })).status).toBe(410);
    expect((await web.order('find-stop')).status).toBe(202);
  });

  it('is refused with the words of the desk', async () => {
    const { status, json } = await web.order('find', { nonce: await web.nonce() });
    expect([status, json()['text']]).toEqual([409, 'The bench is SAFE: a search needs a run. Arm it first.']);
  });
});
