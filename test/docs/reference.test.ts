import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { allPages } from '../../src/cli/pages.ts';
import { PACKAGE_ROOT } from '../../src/files/recipes.ts';
import { INJECTION_NAMES } from '../../src/hal/sim/injection.ts';
import { filled, safetyTables, withTables } from '../../src/params/safety-tables.ts';
import { SETTING_KEYS } from '../../src/params/settings.ts';

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

describe('the tables of docs/SAFETY.md', () => {
  const text = readFileSync(join(PACKAGE_ROOT, 'docs', 'SAFETY.md'), 'utf8');

  it('say what the rows say (npm run docs renews them)', () => {
    expect([...text.matchAll(/<!-- table (\S+) -->/g)].map(([, name]) => name)).toEqual(Object.keys(safetyTables()));
    expect(withTables(text, safetyTables())).toBe(text);
  });

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
    'docs/MODEL.md',
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
