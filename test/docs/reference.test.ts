import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { allPages, TABLED } from '../../src/cli/pages.ts';
import { PACKAGE_ROOT } from '../../src/files/recipes.ts';
import { INJECTION_NAMES } from '../../src/hal/sim/injection.ts';
import { FILM_POLICIES } from '../../src/params/policy.ts';
import { filled, withTables } from '../../src/params/safety-tables.ts';
import { SETTING_KEYS, settingRow } from '../../src/params/settings.ts';
import { SIGHTS, VERDICT_NAMES } from '../../src/params/verdict.ts';

const FOLDER = join(PACKAGE_ROOT, 'docs', 'reference');

describe('the reference pages', () => {
  const pages = allPages();

  it.each(Object.keys(pages))('%s says what the tables say (npm run docs renews it)', (name) => {
    expect(readFileSync(join(FOLDER, name), 'utf8')).toBe(pages[name]);
  });

  it('have no page that nobody makes', () => {
    expect(readdirSync(FOLDER).sort()).toEqual(Object.keys(pages).sort());
  });
});

const written = (name: string): string => readFileSync(join(PACKAGE_ROOT, 'docs', name), 'utf8');

describe.each(Object.entries(TABLED))('the tables of docs/%s', (page, tables) => {
  const text = written(page);

  it('say what the rows say (npm run docs renews them)', () => {
    expect([...text.matchAll(/<!-- table (\S+) -->/g)].map(([, name]) => name)).toEqual(Object.keys(tables()));
    expect(withTables(text, tables())).toBe(text);
  });
});

describe('docs/FILM.md', () => {
  const text = written('FILM.md');

  it('names every verdict, reason and policy, in tables', () => {
    for (const name of [...VERDICT_NAMES, ...Object.keys(SIGHTS), ...FILM_POLICIES, 'auto'])
      expect(text).toMatch(new RegExp(`^\\| \`${name}\` \\| \\S`, 'm'));
  });

  it('names settings and scripts that exist', () => {
    const keys = [...text.matchAll(/`((?:pl|light|film|gate|control|swing|pulse|photodiodes|sim)\.\w+)`/g)];
    expect(keys.length).toBeGreaterThan(8);
    for (const [, key] of keys) expect(SETTING_KEYS).toContain(key);
    const { scripts } = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8')) as { scripts: object };
    for (const [, script] of text.matchAll(/npm run ([a-z:]+)/g)) expect(Object.keys(scripts)).toContain(script);
  });

  it('states the scale that the setting leaves open', () => {
    // 0.45 stands for a brightness of 0.65 (pl.segregatedRatio).
    const scale = (brightness: number): string => `${Number((brightness / 0.65).toPrecision(2))}`;
    expect(text).toContain(`${scale(0.3)} to ${scale(1.4)}`);
    expect(settingRow('pl.segregatedRatio')).toMatchObject({ default: 0.45, why: expect.stringContaining('0.65') });
  });
});

describe('docs/SAFETY.md', () => {
  const text = written('SAFETY.md');

  it('show the numbers that the code uses', () => {
    expect(filled('{limits.tripC}; {calmS}; {%limits.currentTolerance}; {<pulse.onMs}..{>pulse.onMs}')).toBe(
      '45 °C; 1; 15 %; 50 ms..5000 ms',
    );
    expect(() => filled('{no.such}')).toThrow(RangeError);
    expect(text).toContain('| I19 |');
  });
});

describe('the documents', () => {
  const files = [
    'README.md',
    'CHANGELOG.md',
    'docs/ARCHITECTURE.md',
    'docs/SAFETY.md',
    'docs/FILM.md',
    'docs/MODEL.md',
    'docs/MESSAGES.md',
    'docs/INSTALL.md',
  ];

  it.each(files)('%s links only to what is there', (name) => {
    const text = readFileSync(join(PACKAGE_ROOT, name), 'utf8');
    const folder = join(PACKAGE_ROOT, name, '..');
    if (name === 'README.md') expect(text).toMatch(/\]\(docs\//);
    for (const [, target = ''] of text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)) {
      expect(() => readFileSync(join(folder, target)), `${name} -> ${target}`).not.toThrow();
    }
  });

  it('the README names settings, faults and commands that exist', () => {
    const text = readFileSync(join(PACKAGE_ROOT, 'README.md'), 'utf8');
    const scripts = (JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8')) as { scripts: object })
      .scripts;
    for (const [, script = ''] of text.matchAll(/npm run ([a-z:]+)/g)) expect(Object.keys(scripts)).toContain(script);
    const injected = [...text.matchAll(/--inject ([a-z0-9-]+)@/g)].map(([, name]) => name);
    expect(injected.length).toBeGreaterThan(0);
    for (const name of injected) expect(INJECTION_NAMES).toContain(name);
    for (const [, key = ''] of text.matchAll(/config explain ([A-Za-z.]+)/g)) expect(SETTING_KEYS).toContain(key);
  });
});
