/** The screen of a controller that runs elsewhere, and the link to its page server. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PageLink } from '../../src/cli/page-link.ts';
import { stoppedIn } from '../../src/cli/top.ts';
import { OLD_S, type TopView, topScreen } from '../../src/cli/top-screen.ts';
import type { PageState } from '../../src/params/page.ts';
import { ClientBench } from '../clients/bench.ts';

let at: ClientBench;
beforeEach(async () => {
  at = new ClientBench();
  await at.open();
});
afterEach(() => at.close());

const linked = async (): Promise<PageLink> => {
  const link = new PageLink(at.link.url, at.web.token('see'));
  await link.look(80);
  return link;
};
const stateOf = (link: PageLink): PageState => link.state ?? expect.fail('there is no state');
const lines = (view: TopView, columns = 100, rows = 50): string => topScreen(view, columns, rows, false).join('\n');
async function until(isSo: () => Promise<boolean> | boolean): Promise<void> {
  await expect.poll(isSo, { timeout: 8000, interval: 20 }).toBe(true);
}

describe('the link of top', () => {
  it('calls a state live only once a newer one has come', async () => {
    const link = await linked();
    expect(link.ageS()).toBe(Number.POSITIVE_INFINITY);
    await until(async () => {
      await link.look(80);
      return link.ageS() < OLD_S;
    });
  });

  it('does not take the state of a controller that hangs for a new one', async () => {
    const link = await linked();
    at.pause();
    await link.look(80);
    const known = stateOf(link).seq;
    // What was on its way has come; nothing new comes.
    await new Promise((resolve) => setTimeout(resolve, 100));
    await link.look(80);
    const age = link.ageS();
    await link.look(80);
    expect(stateOf(link).seq - known).toBeLessThanOrEqual(1);
    expect(link.ageS()).toBeGreaterThanOrEqual(age);
    expect(link.why).toBeNull();
  });

  it('says what stands in the way, and keeps the last state', async () => {
    const link = await linked();
    const before = stateOf(link);
    at.link.mute = 1;
    at.link.cut();
    await link.look(80);
    expect(link.why).not.toBeNull();
    expect(link.state).toBe(before);
    const stranger = new PageLink(`http://127.0.0.1:${at.web.port}`, 'aaaaa-aaaaa-aaaaa-aaaaa');
    await stranger.look(80);
    expect(stranger.state).toBeNull();
    expect(stranger.remedy).toContain('remixd web token');
  });

  it('repeats a Stop whose answer is lost until it is answered', async () => {
    // Nothing was asked before, so that the order opens the connection whose answer is lost.
    const link = new PageLink(at.link.url, at.web.token('run'));
    const said: string[] = [];
    at.link.answersLost = 1;
    await link.stop(
      (text) => said.push(text),
      () => false,
    );
    expect(said).toHaveLength(2);
    expect(said[0]).toContain('go to the bench');
    expect(said[1]).toContain('The heater was off.');
    expect(at.stops).toBe(2);
  });

  it('does not repeat a Stop that is refused', async () => {
    const link = new PageLink(at.link.url, 'aaaaa-aaaaa-aaaaa-aaaaa');
    const said: string[] = [];
    await link.stop(
      (text) => said.push(text),
      () => false,
    );
    expect(said).toHaveLength(1);
    expect(at.stops).toBe(0);
  });

  it('is not left with a Stop on its way: whoever quits waits for its answer, or is told that there was none', async () => {
    const link = new PageLink(at.link.url, at.web.token('run'));
    const said: string[] = [];
    const stopping = link.stop(
      (text) => said.push(text),
      () => false,
    );
    expect(await stoppedIn(4000, stopping)).toBe(true);
    expect(at.stops).toBe(1);
    expect(await stoppedIn(10, null)).toBe(true);
    expect(await stoppedIn(10, new Promise(() => {}))).toBe(false);
  });
});

describe('the screen of top', () => {
  it('shows state, measurements, verdict and the key for Stop', async () => {
    const text = lines((await linked()).view(stateOf(await linked()), null));
    for (const part of ['safety', 'temperature', 'verdict', 'heater', 'd stop, heater off'])
      expect(text).toContain(part);
  });

  it('says first that a state is old, on both sides of the bound', async () => {
    const link = await linked();
    const view = { ...link.view(stateOf(link), null), why: 'connect ECONNREFUSED' };
    expect(lines({ ...view, ageS: OLD_S - 0.1 })).not.toContain('NOT LIVE');
    const old = lines({ ...view, ageS: OLD_S }).split('\n');
    expect(old[2]).toContain('NOT LIVE: what follows is 3 s old');
    expect(old[2]).toContain('ECONNREFUSED');
    expect(lines({ ...view, ageS: Number.POSITIVE_INFINITY, why: null })).toContain('The page server answers');
  });

  it('keeps trip, cause and remedy on a small screen, and every line within its width', async () => {
    const link = await linked();
    const trip = {
      ...{ code: 'F01', name: 'x', label: 'Too hot', sentence: 'The film is hotter than its limit.' },
      ...{ cause: 'a cause', remedy: 'a remedy', action: 'trip', trip: 3, kind: 'trip' },
    };
    const view = link.view({ ...stateOf(link), trip }, 'Heater off.');
    for (const columns of [30, 60, 200])
      for (const line of topScreen(view, columns, 50, false)) expect([...line].length).toBeLessThanOrEqual(columns);
    const small = lines(view, 60, 16);
    for (const part of ['trip 3: F01 Too hot', 'a cause', 'a remedy']) expect(small).toContain(part);
  });

  it('draws the heater on in the rows in which it was on', async () => {
    const link = await linked();
    const none = [null, null, null, null];
    const rows = {
      ...{ columns: ['tc_c'], row_s: 1, t: [0.5, 1.5, 2.5, 3.5] },
      ...{
        low: [none],
        mean: [[24, 25, 24, 24]],
        high: [none],
        verdict: [],
        heat: [[1, 1.5] as const, [3.2, 3.3] as const],
      },
    };
    expect(lines({ ...link.view(stateOf(link), null), rows })).toContain('▁█▁█ on or off, 4 s');
  });
});
