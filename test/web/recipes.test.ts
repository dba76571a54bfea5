/** Recipes over HTTP, where the disk hangs and where something else lies in the place of a recipe. */
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { API } from '../../src/params/web.ts';
import { WebBench } from './bench.ts';

const RECIPE = { title: 'Of the test', steps: [{ light: 1, mode: 'off', forS: 60 }] };
let web: WebBench;
beforeEach(async () => {
  web = new WebBench();
  await web.open();
  mkdirSync(own());
});
afterEach(() => web.close());

const own = (...names: string[]): string => join(web.stateDir, 'recipes', ...names);
const keep = (name: string) => web.post(`${API}/recipes/${name}/keep`, { recipe: RECIPE });
const drop = (name: string) => web.post(`${API}/recipes/${name}/drop`, {});
const listed = async (): Promise<readonly unknown[]> => {
  const { recipes } = (await web.get(`${API}/recipes`)).json() as { recipes: { name: string; own: boolean }[] };
  return recipes.filter((one) => one.own).map(({ name }) => name);
};

describe('recipes of the device', () => {
  it('are in the list as soon as they are kept, and gone as soon as they are dropped', async () => {
    expect(await listed()).toEqual([]);
    const answers = await Promise.all(['a', 'b', 'c'].map(keep));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(await listed()).toEqual(['a', 'b', 'c']);
    expect((await web.get(`${API}/recipes/b`)).json()).toEqual({ name: 'b', own: true, recipe: RECIPE });
    expect((await drop('b')).status).toBe(200);
    expect(await listed()).toEqual(['a', 'c']);
    expect((await drop('b')).status).toBe(404);
  });

  it('are at most 200, however many are kept at once', async () => {
    for (let n = 0; n < 197; n += 1) writeFileSync(own(`r${n}.json`), JSON.stringify(RECIPE));
    const answers = await Promise.all(['a', 'b', 'c', 'd', 'e'].map(keep));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 409, 409]);
    expect(readdirSync(own())).toHaveLength(200);
  });

  it('are kept while the disk hangs without holding up anybody else, and no more than eight wait', async () => {
    await keep('before');
    // The new file is a pipe that nobody reads: to open it waits, as a disk does that hangs.
    execFileSync('mkfifo', [own('a.json.next')]);
    const waiting = [keep('a')];
    await web.get(`${API}/recipes/before`);
    waiting.push(...Array.from({ length: 9 }, (_, n) => keep(`w${n}`)));
    expect((await Promise.race(waiting)).status).toBe(429);
    expect((await web.order('stop')).status).toBe(200);
    expect((await web.get(`${API}/recipes/before`)).status).toBe(200);
    expect(existsSync(own('w0.json'))).toBe(false);
    const reader = openSync(own('a.json.next'), constants.O_RDONLY | constants.O_NONBLOCK);
    const answers = (await Promise.all(waiting)).map(({ status }) => status);
    closeSync(reader);
    // A pipe cannot be synced: the disk refuses that one.
    expect(answers.filter((code) => code === 429)).toHaveLength(2);
    expect(answers.filter((code) => code === 200)).toHaveLength(7);
    expect(answers[0]).toBe(503);
  });
});

describe('something else in the place of a recipe', () => {
  it('is neither waited for nor shown, is in the list with its problem, and can be dropped', async () => {
    writeFileSync(join(web.stateDir, 'secret'), '{"title":"a password"}');
    symlinkSync(join(web.stateDir, 'secret'), own('link.json'));
    execFileSync('mkfifo', [own('pipe.json')]);
    for (const name of ['link', 'pipe']) {
      const got = await web.get(`${API}/recipes/${name}`);
      expect(got.status).toBe(503);
      expect(got.text).not.toContain('password');
    }
    const list = (await web.get(`${API}/recipes`)).text;
    expect(list).toContain('this is a symbolic link');
    expect(list).toContain('this is a pipe or a device');
    expect(list).not.toContain('password');
    for (const name of ['link', 'pipe']) expect((await drop(name)).status).toBe(200);
    expect(readdirSync(own())).toEqual([]);
  });

  it('that is not JSON is not quoted', async () => {
    writeFileSync(own('text.json'), 'password');
    const got = await web.get(`${API}/recipes/text`);
    expect(got.status).toBe(422);
    expect(got.text).not.toContain('password');
  });
});
