/** Recorded runs over HTTP, where many ask at once and where something else lies in the place of a file. */
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { API } from '../../src/params/web.ts';
import { listRecords } from '../../src/runs/list.ts';
import { reportRun } from '../../src/runs/report/run.ts';
import { PULSE, recipeOf } from '../support/bench.ts';
import { simulated } from '../support/recorded.ts';
import { WebBench } from './bench.ts';

// The real ones; how often they are called is counted.
vi.mock('../../src/runs/list.ts', async (original) => {
  const real = await original<typeof import('../../src/runs/list.ts')>();
  return { ...real, listRecords: vi.fn(real.listRecords) };
});
vi.mock('../../src/runs/report/run.ts', async (original) => {
  const real = await original<typeof import('../../src/runs/report/run.ts')>();
  return { ...real, reportRun: vi.fn(real.reportRun) };
});

const NAME = '2026-11-20T08-00-00-hold';
let web: WebBench;
beforeEach(async () => {
  vi.clearAllMocks();
  web = new WebBench();
  await web.open();
});
afterEach(() => web.close());

const at = (...names: string[]): string => join(web.stateDir, ...names);
/** A record of no rows. */
function record(name: string): void {
  mkdirSync(at(name));
  writeFileSync(at(name, 'run.json'), JSON.stringify({ id: name, recipe: { name: 'x' }, end: { state: 'safe' } }));
  writeFileSync(at(name, 'data.csv'), 'mono_s,time_s\n');
  writeFileSync(at(name, 'events.csv'), 'mono_s,kind\n');
}
const listed = async (): Promise<readonly Record<string, unknown>[]> =>
  (await web.get(`${API}/runs`)).json()['runs'] as readonly Record<string, unknown>[];
const many = <T>(count: number, ask: () => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, () => ask()));

describe('the list of runs', () => {
  it('is read once for all who ask together', async () => {
    record(NAME);
    const answers = await many(90, () => web.get(`${API}/runs`));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(answers.every(({ text }) => text.includes(NAME))).toBe(true);
    expect(listRecords).toHaveBeenCalledOnce();
  });

  it('has a description that was just kept, whoever has asked a moment ago', async () => {
    record(NAME);
    expect(await listed()).toMatchObject([{ sample: null }]);
    expect((await web.post(`${API}/runs/${NAME}/notes`, { patch: { sample: 'b7' } })).status).toBe(200);
    expect(await listed()).toMatchObject([{ sample: 'b7' }]);
  });
});

describe('figures and reports', () => {
  it('have a description that was just kept, also one of the same length', async () => {
    record(NAME);
    for (const sample of ['b7', 'b8']) {
      await web.post(`${API}/runs/${NAME}/notes`, { patch: { sample } });
      expect((await web.get(`${API}/runs/${NAME}`)).json()['notes']).toMatchObject({ sample });
    }
  });

  it('say how many rows are damaged', async () => {
    record(NAME);
    appendFileSync(at(NAME, 'data.csv'), '1,2\n1\n1,2,3\n');
    const missing = (await web.get(`${API}/runs/${NAME}`)).json()['missing'] as string[];
    expect(missing.at(-1)).toMatch(/^2 rows or events are damaged/);
  });

  it('a report is made once for all who ask for the same', async () => {
    simulated(at(NAME), recipeOf(PULSE(10)));
    const answers = await many(30, () => web.get(`${API}/runs/report?runs=${NAME}`));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(answers[0]?.text).toMatch(/^<!doctype html>/i);
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(reportRun).toHaveBeenCalledOnce();
  });

  it('more than eight different ones do not wait', async () => {
    record(NAME);
    let points = 10;
    const answers = await many(30, () => web.get(`${API}/runs/${NAME}/series?points=${points++}`));
    const codes = answers.map(({ status }) => status);
    expect(codes).toContain(429);
    expect(codes.filter((code) => code !== 429).length).toBeGreaterThanOrEqual(8);
  });
});

describe('a file of a record', () => {
  const file = (name: string) => web.get(`${API}/runs/${NAME}/files/${name}`);
  beforeEach(() => record(NAME));

  it('is sent as it lies there, whole, also an empty one', async () => {
    const text = Array.from({ length: 30_000 }, (_, n) => `${n},${n / 7}\n`).join('');
    writeFileSync(at(NAME, 'data.csv'), text);
    writeFileSync(at(NAME, 'events.csv'), '');
    const [data, events] = [await file('data.csv'), await file('events.csv')];
    expect(data).toMatchObject({ status: 200, text });
    expect(data.headers).toMatchObject({
      'content-type': 'text/csv; charset=utf-8',
      'content-length': String(text.length),
      'content-disposition': `attachment; filename="${NAME}-data.csv"`,
    });
    expect(events).toMatchObject({ status: 200, text: '' });
  });

  it('that is missing, or no file of a record, is not found', async () => {
    expect((await file('notes.json')).status).toBe(404);
    expect((await file('other.txt')).status).toBe(404);
    expect((await web.get(`${API}/runs/elsewhere/files/data.csv`)).status).toBe(404);
  });

  it('shows no secret that an earlier version has recorded, and is as it lies there otherwise', async () => {
    const facts = { id: 'x', recipe: { name: 'x' }, settings: { 'pulse.onMs': 300 }, end: null };
    const plain = `${JSON.stringify(facts, null, 1)}\n`;
    writeFileSync(at(NAME, 'run.json'), plain);
    expect(await file('run.json')).toMatchObject({ status: 200, text: plain });
    const settings = { ...facts.settings, 'messages.ntfyUrl': 'https://ntfy.example/topic' };
    writeFileSync(at(NAME, 'run.json'), JSON.stringify({ ...facts, settings }));
    expect((await file('run.json')).json()).toEqual(facts);
    writeFileSync(at(NAME, 'run.json'), '{"settings": {"messages.ntfyUrl": "https://ntfy.example/topic"');
    const damaged = await file('run.json');
    expect(damaged.status).toBe(422);
    expect(damaged.text).not.toContain('topic');
  });

  it('is not waited for where a pipe lies in its place, however many ask', async () => {
    execFileSync('sh', ['-c', `rm ${at(NAME, 'data.csv')} && mkfifo ${at(NAME, 'data.csv')}`]);
    const answers = await many(6, () => file('data.csv'));
    expect(answers.map(({ status }) => status)).toEqual([422, 422, 422, 422, 422, 422]);
    expect(answers[0]?.text).toContain('a pipe or a device');
    expect((await file('events.csv')).status).toBe(200);
  });

  it('is not read where a link leads elsewhere', async () => {
    writeFileSync(at('secret'), 'a password');
    execFileSync('rm', [at(NAME, 'events.csv')]);
    symlinkSync(at('secret'), at(NAME, 'events.csv'));
    const answer = await file('events.csv');
    expect(answer.status).toBe(422);
    expect(answer.text).not.toContain('password');
  });

  it('is not read where a folder lies in its place', async () => {
    mkdirSync(at(NAME, 'notes.json'));
    expect((await file('notes.json')).status).toBe(422);
  });
});
