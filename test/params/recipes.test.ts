import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadRecipe, PACKAGE_ROOT, recipeNames } from '../../src/files/recipes.ts';
import type { Problem } from '../../src/params/problem.ts';
import { ConfigError } from '../../src/params/problem.ts';
import { type Recipe, readRecipe } from '../../src/params/recipe.ts';
import { referencePages } from '../../src/params/reference.ts';

const PULSE = { light: 1, mode: 'pulse', onS: 0.5, periodS: 5, forS: 60 };
const OFF = { light: 0, mode: 'off', forS: 60 };
const recipeWith = (...steps: unknown[]) => ({ title: 'test', steps });

const problemsOf = (json: unknown): readonly Problem[] => {
  const result = readRecipe('test', json);
  return 'problems' in result ? result.problems : [];
};
const readOf = (json: unknown): Recipe => {
  const result = readRecipe('test', json);
  if ('problems' in result) throw new Error(JSON.stringify(result.problems));
  return result.recipe;
};
const { forS: _forS, ...ENDLESS } = PULSE;

describe('the recipes that come with the product', () => {
  it('are all found', () => {
    const files = readdirSync(join(PACKAGE_ROOT, 'recipes'));
    expect(recipeNames()).toEqual(files.map((name) => name.replace(/\.json$/, '')).sort());
    expect(recipeNames()).toContain('hold-mixed');
  });

  it.each(recipeNames())('%s loads, by name and by path', (name) => {
    const recipe = loadRecipe(name);
    expect(recipe.name).toBe(name);
    expect(recipe.title).not.toBe('');
    expect(recipe.followSettings).toBe(recipe.steps.length === 0);
    expect(loadRecipe(join(PACKAGE_ROOT, 'recipes', `${name}.json`))).toEqual(recipe);
  });

  it('are all named in docs/RECIPES.md, and nothing else is', () => {
    const page = readFileSync(join(PACKAGE_ROOT, 'docs', 'RECIPES.md'), 'utf8');
    const rows = page
      .slice(page.indexOf('## Recipes of the experiments'))
      .split('\n')
      .filter((line) => line.startsWith('| '));
    const named = rows.flatMap((line) => [...line.matchAll(/`([a-z0-9-]+)`/g)].map(([, name]) => name));
    expect([...new Set(named)].sort()).toEqual(recipeNames());
  });

  it('heat with the six patterns of the paper', () => {
    const timing = (name: string) => loadRecipe(name).steps[0];
    expect(timing('pattern-0p1-1')).toMatchObject({ mode: 'pulse', onS: 0.1, periodS: 1, forS: 180, light: 1 });
    expect(timing('pattern-0p5-5')).toMatchObject({ mode: 'pulse', onS: 0.5, periodS: 5, forS: 180 });
    expect(timing('pattern-1-10')).toMatchObject({ mode: 'pulse', onS: 1, periodS: 10, forS: 180 });
    expect(timing('pattern-2-10')).toMatchObject({ mode: 'pulse', onS: 2, periodS: 10, forS: 180 });
    expect(timing('pattern-5-10')).toMatchObject({ mode: 'pulse', onS: 5, periodS: 10, forS: 180 });
    expect(timing('pattern-dc')).toMatchObject({ mode: 'constant', forS: 180 });
  });
});

describe('the texts of a recipe', () => {
  it.each(['\u001b[2Jclear', 'two\nlines', 'c1 \u009b2J', 'del \u007f'])('have no control characters: %j', (text) => {
    const allowed = 'text without control characters';
    expect(problemsOf({ title: text, steps: [OFF] })).toMatchObject([{ path: 'test: title', allowed }]);
    const [problem] = problemsOf(recipeWith({ ...OFF, note: text }));
    expect(problem).toMatchObject({ path: 'test: steps.0.note', allowed });
    expect(problem?.got).not.toMatch(/\p{Cc}/u);
  });

  it('may be in any language', () => {
    expect(readOf({ title: 'Halten bei 0,5 s – µ°', steps: [OFF] }).title).toBe('Halten bei 0,5 s – µ°');
  });
});

describe('a recipe file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'remixd-recipe-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const failure = (nameOrPath: string): Problem => {
    try {
      loadRecipe(nameOrPath);
    } catch (error) {
      if (error instanceof ConfigError && error.problems.length === 1) return error.problems[0]!;
      throw error;
    }
    throw new Error(`${nameOrPath} loaded`);
  };

  it('that does not exist is refused with the name that was meant', () => {
    const problem = failure('hold-mxed');
    expect(problem).toMatchObject({ code: 'RECIPE_MISSING', path: 'recipe hold-mxed' });
    expect(problem.remedy).toBe('Did you mean hold-mixed?');
    expect(failure('hold').remedy).toBe('Did you mean hold-mixed?');
    expect(failure('nonsense').remedy).toContain('remixd simulate --list');
    expect(failure(join(folder, 'none.json'))).toMatchObject({ code: 'RECIPE_MISSING' });
    expect(failure(`${folder}/`)).toMatchObject({ code: 'RECIPE_UNREADABLE', got: 'this is a folder, not a file' });
  });

  it('with a syntax error is refused as such', () => {
    const path = join(folder, 'broken.json');
    writeFileSync(path, '{"title": ');
    expect(failure(path)).toMatchObject({ code: 'RECIPE_SYNTAX', allowed: 'JSON' });
    expect(failure(path).got).toBe('line 1, column 11: the text ends too early');
    writeFileSync(path, '{\n  "title": "x",\n  "steps": [\n    {"mode": "off" "light": 0}\n  ]\n}\n');
    expect(failure(path).got).toBe('line 4, column 20: unexpected "');
  });

  it('from an editor that writes a byte order mark loads', () => {
    const path = join(folder, 'bom.json');
    writeFileSync(path, `\ufeff${JSON.stringify(recipeWith(PULSE))}`);
    expect(loadRecipe(path)).toMatchObject({ name: 'bom', steps: [PULSE] });
  });

  it('has its problems announced as those of a recipe', () => {
    const path = join(folder, 'empty.json');
    writeFileSync(path, JSON.stringify(recipeWith()));
    expect(() => loadRecipe(path)).toThrow(/^One problem in the recipe; the heater was not touched\./);
  });

  it('has each problem with its file, line and column', () => {
    const path = join(folder, 'lines.json');
    const text = `{
  "title": "lines",
  "steps": [
    {"mode": "off", "forS": 1, "light": 2},
    {"mode": "off", "light": 0, "forS": 1, "lite": 1},
    {
      "repeat": 2,
      "steps": [
        {"mode": "off", "light": 0, "forS": 1}, {"mode": "pulse", "onS": 0.5, "light": 0, "forS": 1}
      ]
    }
  ]
}`;
    writeFileSync(path, `\ufeff${text}`);
    const places = (): unknown[] => {
      try {
        loadRecipe(path);
      } catch (error) {
        if (error instanceof ConfigError) return error.problems.map((one) => [one.path, one.at]);
      }
      return [];
    };
    const at = (line: number, column: number) => ({ file: path, line, column });
    expect(places()).toEqual([
      ['lines: steps.0.light', at(4, 32)],
      ['lines: steps.1.lite', at(5, 44)],
      // It is missing: where the step begins.
      ['lines: steps.2.steps.1.periodS', at(9, 49)],
    ]);
    expect(() => loadRecipe(path)).toThrow(
      `lines: steps.0.light   [RECIPE_VALUE]\n      at       ${path}, line 4, column 32\n`,
    );
    writeFileSync(path, '{"title": "x",\n "steps": []}');
    expect(places()).toEqual([['lines: steps', at(2, 2)]]);
    writeFileSync(path, '\n [1]');
    expect(places()).toEqual([['lines: (whole file)', at(2, 2)]]);
  });

  it('is shown whole in the reference, with its schema', () => {
    const page = referencePages()['recipes.md'] ?? '';
    const example = JSON.parse(/```json\n(.*?)```/s.exec(page)?.[1] ?? '') as { $schema: string };
    expect(readOf(example).steps.map(({ mode }) => mode)).toEqual(['pid', ...Array(3).fill(['pulse', 'off']).flat()]);
    expect(page).toContain('(recipe.schema.json)');
    const schema = JSON.parse(readFileSync(join(PACKAGE_ROOT, example.$schema), 'utf8')) as { properties: object };
    for (const field of Object.keys(example)) expect(schema.properties).toHaveProperty([field]);
  });

  it('of one’s own loads by its path', () => {
    const path = join(folder, 'mine.json');
    writeFileSync(path, JSON.stringify(recipeWith(PULSE)));
    expect(loadRecipe(path)).toMatchObject({ name: 'mine', steps: [PULSE] });
  });

  it('that breaks a rule is refused with the rule', () => {
    const path = join(folder, 'hot.json');
    writeFileSync(path, JSON.stringify(recipeWith({ ...PULSE, onS: 2.76 })));
    expect(failure(path)).toMatchObject({ path: 'hot: steps.0.onS', got: '2.76' });
  });
});

describe('the bounds of a pulse in a recipe (I9)', () => {
  it.each([
    ['onS', { onS: 0.05 }, { onS: 0.0499 }],
    ['onS', { onS: 5, periodS: 60 }, { onS: 5.0001, periodS: 60 }],
    ['periodS', { onS: 0.1, periodS: 0.5 }, { onS: 0.1, periodS: 0.4999 }],
    ['periodS', { periodS: 60 }, { periodS: 60.0001 }],
    ['onS', { onS: 2.75 }, { onS: 2.7501 }],
  ])('hold for %s: %j is allowed and %j is refused', (field, good, bad) => {
    expect(problemsOf(recipeWith({ ...PULSE, ...good }))).toEqual([]);
    const problems = problemsOf(recipeWith(OFF, { ...PULSE, ...bad }));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({
      code: 'RECIPE_VALUE',
      path: `test: steps.1.${field}`,
      got: String((bad as Record<string, number>)[field]),
    });
    expect(problems[0]!.allowed).toMatch(/0\.05|5|0\.5|60|0\.55/);
  });

  it('hold inside a loop too', () => {
    const problems = problemsOf(recipeWith({ repeat: 2, steps: [OFF, { ...PULSE, periodS: 61 }] }));
    expect(problems).toMatchObject([{ path: 'test: steps.0.steps.1.periodS', got: '61' }]);
  });

  it('catch milliseconds given as seconds', () => {
    expect(problemsOf(recipeWith({ ...PULSE, onS: 500, periodS: 5000 })).length).toBeGreaterThan(0);
  });
});

describe('the other bounds of a recipe', () => {
  it.each([
    ['light', { ...OFF, light: 1 }, { ...OFF, light: 1.001 }, 'light'],
    ['light', { ...OFF, light: 0 }, { ...OFF, light: -0.001 }, 'light'],
    ['the length of a step', { ...OFF, forS: 604_800 }, { ...OFF, forS: 604_800.5 }, 'forS'],
    ['the length of a step', { ...OFF, forS: 0.001 }, { ...OFF, forS: 0 }, 'forS'],
    ['a setpoint', { ...OFF, mode: 'pid', setpointC: 40 }, { ...OFF, mode: 'pid', setpointC: 40.1 }, 'setpointC'],
    [
      'a setpoint',
      { ...OFF, mode: 'bangbang', setpointC: 15 },
      { ...OFF, mode: 'bangbang', setpointC: 14.9 },
      'setpointC',
    ],
    ['a note', { ...OFF, note: 'x'.repeat(200) }, { ...OFF, note: 'x'.repeat(201) }, 'note'],
  ])('hold for %s: %j is allowed and %j is refused', (_name, good, bad, field) => {
    expect(problemsOf(recipeWith(good))).toEqual([]);
    expect(problemsOf(recipeWith(bad))).toMatchObject([{ code: 'RECIPE_VALUE', path: `test: steps.0.${field}` }]);
  });

  it('count loops: 1 to 1000 rounds of 1 to 50 steps', () => {
    const short = { ...OFF, forS: 0.1 };
    const loop = (repeat: number, count = 1) =>
      recipeWith({ repeat, steps: Array.from({ length: count }, () => short) });
    expect(readOf(loop(1)).steps).toHaveLength(1);
    expect(readOf(loop(1000)).steps).toHaveLength(1000);
    expect(readOf(loop(2, 50)).steps).toHaveLength(100);
    expect(problemsOf(loop(0))).toMatchObject([{ path: 'test: steps.0.repeat', got: '0' }]);
    expect(problemsOf(loop(1001))).toMatchObject([{ path: 'test: steps.0.repeat', got: '1001' }]);
    expect(problemsOf(loop(2, 0))).toMatchObject([{ path: 'test: steps.0.steps' }]);
    expect(problemsOf(loop(2, 51))).toMatchObject([{ path: 'test: steps.0.steps' }]);
    expect(problemsOf(loop(1.5))).toHaveLength(1);
  });

  it('count loops: one in another, and no deeper than three', () => {
    const nested = (levels: number, repeat = 2): unknown =>
      levels === 0 ? { ...OFF, forS: 0.1 } : { repeat, steps: [nested(levels - 1, repeat)] };
    expect(readOf(recipeWith(nested(3))).steps).toHaveLength(8);
    expect(problemsOf(recipeWith(nested(4)))).toEqual([
      {
        code: 'RECIPE_VALUE',
        path: 'test: steps.0.steps.0.steps.0.steps.0.repeat',
        got: '2',
        allowed: 'loops at most 3 deep',
        remedy: 'Write the innermost loop out.',
      },
    ]);
    const order = (n: number) => ({ ...OFF, note: String(n), forS: 1 });
    const inner = { repeat: 2, steps: [order(1), { repeat: 2, steps: [order(2)] }] };
    expect(
      readOf(recipeWith({ repeat: 1, steps: [inner, order(3)] }))
        .steps.map(({ note }) => note)
        .join(''),
    ).toBe('1221223');
  });

  it('name what is wrong in the innermost loop, and where', () => {
    const wrong = recipeWith(OFF, { repeat: 2, steps: [{ repeat: 2, steps: [PULSE, { ...OFF, light: 2 }] }] });
    expect(problemsOf(wrong)).toMatchObject([{ path: 'test: steps.1.steps.0.steps.1.light', got: '2' }]);
  });

  it('count the steps of loops in loops before any is written out', () => {
    const rounds = (step: unknown) => ({ repeat: 1000, steps: Array.from({ length: 50 }, () => step) });
    const before = process.memoryUsage().heapUsed;
    const [problem] = problemsOf(recipeWith(rounds(rounds({ repeat: 1000, steps: [{ ...OFF, forS: 0.001 }] }))));
    expect(problem).toMatchObject({ got: '2500000000000 steps', allowed: 'at most 20000 steps' });
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(100e6);
  });

  it('allow a week in all and not a second more, loops written out', () => {
    const loop = (repeat: number) => recipeWith({ repeat, steps: [{ ...PULSE, forS: 3600 }] });
    expect(readOf(loop(168)).steps).toHaveLength(168);
    expect(problemsOf(loop(169))).toMatchObject([{ code: 'RECIPE_RULE', path: 'test: steps', got: '608400 s' }]);
    const waiting = { light: 0, mode: 'off', until: { filmBelowC: 25, atMostS: 604_700 } };
    expect(problemsOf(recipeWith(waiting, { ...OFF, forS: 100 }))).toEqual([]);
    expect(problemsOf(recipeWith(waiting, { ...OFF, forS: 101 }))).toHaveLength(1);
  });

  it('allow at most 200 written and 20,000 played steps', () => {
    const tiny = { ...OFF, forS: 0.01 };
    const many = (n: number, step: unknown) => recipeWith(...Array.from({ length: n }, () => step));
    expect(problemsOf(many(200, tiny))).toEqual([]);
    expect(problemsOf(many(201, tiny))).toHaveLength(1);
    expect(problemsOf(many(20, { repeat: 1000, steps: [tiny] }))).toEqual([]);
    expect(problemsOf(many(21, { repeat: 1000, steps: [tiny] }))).toMatchObject([{ got: '21000 steps' }]);
  });
});

describe('the shape of a recipe', () => {
  it('has exactly one of a length and a condition in every step', () => {
    const until = { filmAboveC: 30, atMostS: 60 };
    expect(problemsOf(recipeWith({ ...ENDLESS, until }))).toEqual([]);
    for (const step of [ENDLESS, { ...PULSE, until }]) {
      expect(problemsOf(recipeWith(step))).toMatchObject([{ allowed: 'exactly one of forS and until' }]);
    }
  });

  it('has exactly one temperature, and a time-out, in every condition', () => {
    const step = (until: unknown) => recipeWith({ light: 0, mode: 'off', until });
    expect(problemsOf(step({ filmBelowC: 25, atMostS: 60 }))).toEqual([]);
    for (const until of [{ atMostS: 60 }, { filmAboveC: 30, filmBelowC: 25, atMostS: 60 }]) {
      expect(problemsOf(step(until))).toMatchObject([
        { path: 'test: steps.0.until', allowed: 'exactly one of filmAboveC, filmBelowC, rampDone and soakS' },
      ]);
    }
    expect(problemsOf(step({ filmAboveC: 30 }))).toHaveLength(1);
    expect(problemsOf(step({ filmAboveC: 45.1, atMostS: 60 }))).toHaveLength(1);
    expect(problemsOf(step({ filmAboveC: 45, atMostS: 60 }))).toEqual([]);
    expect(problemsOf(step({ filmAboveC: 30, atMostS: 0 }))).toHaveLength(1);
    expect(problemsOf(step({ filmAboveC: 30, atMostS: 60, extra: 1 }))).toHaveLength(1);
  });

  const PID = { light: 0, mode: 'pid', setpointC: 30 };
  const SOAK = { soakS: 60, bandK: 0.5, atMostS: 60 };

  it.each([
    ['a ramp', { ...PID, rampKPerMin: 0.01, forS: 1 }, { ...PID, rampKPerMin: 0.009, forS: 1 }, 'rampKPerMin'],
    ['a ramp', { ...PID, rampKPerMin: 600, forS: 1 }, { ...PID, rampKPerMin: 601, forS: 1 }, 'rampKPerMin'],
    ['a ramp', { ...PID, rampKPerMin: 1, forS: 1 }, { ...OFF, rampKPerMin: 1 }, 'rampKPerMin'],
    ['a soak', { ...PID, until: SOAK }, { ...PID, until: { ...SOAK, atMostS: 59 } }, 'until.soakS'],
    ['a soak', { ...PID, until: SOAK }, { light: 0, mode: 'off', until: SOAK }, 'until.soakS'],
    ['a band', { ...PID, until: { ...SOAK, bandK: 0.1 } }, { ...PID, until: { ...SOAK, bandK: 0.09 } }, 'until.bandK'],
    ['a band', { ...PID, until: { ...SOAK, bandK: 10 } }, { ...PID, until: { ...SOAK, bandK: 11 } }, 'until.bandK'],
    ['a band', { ...PID, until: SOAK }, { ...PID, until: { soakS: 60, atMostS: 60 } }, 'until.bandK'],
    [
      'a band',
      { ...PID, until: { filmAboveC: 29, atMostS: 60 } },
      { ...PID, until: { filmAboveC: 29, bandK: 1, atMostS: 60 } },
      'until.bandK',
    ],
    [
      'the end of a ramp',
      { ...PID, rampKPerMin: 1, until: { rampDone: true, atMostS: 60 } },
      { ...PID, until: { rampDone: true, atMostS: 60 } },
      'until.rampDone',
    ],
    [
      'a time-out',
      { ...PID, until: { ...SOAK, onTimeout: 'go-on' } },
      { ...PID, until: { ...SOAK, onTimeout: 'maybe' } },
      'until.onTimeout',
    ],
    [
      'flashes',
      { ...OFF, light: 1, lightOnS: 0.1, lightPeriodS: 0.2 },
      { ...OFF, light: 1, lightOnS: 0.09, lightPeriodS: 0.2 },
      'lightOnS',
    ],
    [
      'flashes',
      { ...OFF, light: 1, lightOnS: 1, lightPeriodS: 1.1 },
      { ...OFF, light: 1, lightOnS: 1, lightPeriodS: 1 },
      'lightOnS',
    ],
    ['flashes', { ...OFF, light: 1, lightOnS: 1, lightPeriodS: 9 }, { ...OFF, light: 1, lightOnS: 1 }, 'lightPeriodS'],
    [
      'flashes',
      { ...OFF, light: 1, lightOnS: 1, lightPeriodS: 9 },
      { ...OFF, light: 0, lightOnS: 1, lightPeriodS: 9 },
      'light',
    ],
  ])('has %s only as it can be: %j, not %j', (_name, good, bad, field) => {
    expect(problemsOf(recipeWith(good))).toEqual([]);
    expect(problemsOf(recipeWith(bad)).map(({ path }) => path)).toEqual([`test: steps.0.${field}`]);
  });

  it.each([
    ['a key that no step has', { ...PULSE, onMs: 500 }, 'onMs', '500'],
    ['a key of another mode', { ...OFF, onS: 0.5 }, 'onS', '0.5'],
  ])('has not %s', (_name, step, key, got) => {
    const problems = problemsOf(recipeWith(step));
    expect(problems).toMatchObject([{ path: `test: steps.0.${key}`, got, allowed: 'no other fields' }]);
    expect(problems[0]?.remedy).toContain('light, mode');
  });

  it('says which field was meant by a misspelt one, and where it is', () => {
    const { mode: _mode, ...modeless } = PULSE;
    expect(problemsOf(recipeWith({ ...modeless, mod: 'pulse' }))).toMatchObject([
      { path: 'test: steps.0.mod', got: '"pulse"', remedy: 'Did you mean mode? Rename it.' },
    ]);
    expect(problemsOf(recipeWith(modeless))).toMatchObject([
      {
        path: 'test: steps.0.mode',
        got: 'nothing',
        allowed: 'off | constant | pulse | swing | model | bangbang | pid',
      },
    ]);
    expect(problemsOf(recipeWith({ ...OFF, mode: 'of' }))).toMatchObject([{ remedy: 'Did you mean off?' }]);
    const { onS: _onS, ...onless } = PULSE;
    const problems = problemsOf(recipeWith({ ...onless, onSec: 0.5 }));
    expect(problems).toContainEqual(
      expect.objectContaining({ path: 'test: steps.0.onSec', remedy: 'Did you mean onS? Rename it.' }),
    );
    expect(problems).toContainEqual(expect.objectContaining({ path: 'test: steps.0.onS', got: 'nothing' }));
  });

  it('gets its problems in plain words, without those of a library, and never the whole file', () => {
    const long = Array.from({ length: 40 }, () => PULSE);
    const files: unknown[] = [
      recipeWith({ ...PULSE, forS: '10m', light: undefined }),
      recipeWith({ ...OFF, mode: 'pid', setpointC: 95 }),
      { title: 'x', steps: long, extra: 1, mor: { a: long } },
      { title: 5, steps: 'none' },
      { title: '', steps: [7, null] },
      long,
      'x'.repeat(500),
    ];
    const problems = files.flatMap(problemsOf);
    expect(problems.length).toBeGreaterThan(10);
    for (const { got, allowed, remedy } of problems) {
      expect(`${got} ${allowed} ${remedy}`).not.toMatch(
        /invalid|unrecogni[sz]ed|expected|too (?:small|big)|undefined/i,
      );
      expect(got.length).toBeLessThanOrEqual(80);
    }
    expect(problemsOf(files[0])).toContainEqual({
      code: 'RECIPE_VALUE',
      path: 'test: steps.0.forS',
      got: '"10m"',
      allowed: 'a number',
      remedy: 'Give a number without quotes or unit; times are in seconds.',
    });
    expect(problemsOf(files[1])).toMatchObject([{ path: 'test: steps.0.setpointC', got: '95', allowed: 'at most 40' }]);
  });

  it('has no key that no recipe has', () => {
    expect(problemsOf({ ...recipeWith(PULSE), setps: [] })).toMatchObject([
      { path: 'test: setps', got: '[]', allowed: 'no other fields' },
    ]);
    expect(problemsOf(JSON.parse('{"title": "t", "steps": [], "__proto__": {"x": 1}}'))).toHaveLength(1);
  });

  it.each([
    ['NaN', Number.NaN],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['a text', '0.5'],
    ['null', null],
    ['a list', [0.5]],
    ['nothing', undefined],
  ])('has no %s for a number, and the problem names the field', (_name, value) => {
    for (const field of ['onS', 'periodS', 'forS', 'light']) {
      const problems = problemsOf(recipeWith({ ...PULSE, [field]: value }));
      expect(problems.length).toBeGreaterThan(0);
      // A step without a length is told so as a whole.
      const told = problems.map(({ path, allowed }) => `${path} ${allowed}`).join('; ');
      expect(told).toContain(field);
    }
  });

  it('has known modes only, and the problem names them', () => {
    const problems = problemsOf(recipeWith({ ...OFF, mode: 'warp' }));
    expect(problems).toHaveLength(1);
    expect(`${problems[0]?.path} ${problems[0]?.allowed}`).toContain('mode');
  });

  it('has steps, or follows the settings with none', () => {
    expect(readOf({ title: 't', followSettings: true, steps: [] }).followSettings).toBe(true);
    expect(problemsOf({ title: 't', steps: [] })).toMatchObject([
      { code: 'RECIPE_RULE', got: '0 steps', remedy: 'Add a step, or set followSettings to true.' },
    ]);
    expect(problemsOf({ title: 't', followSettings: true, steps: [PULSE] })).toMatchObject([
      { got: '1 step', remedy: 'Remove the steps or followSettings.' },
    ]);
  });

  it('is an object with a title', () => {
    for (const json of [null, 5, 'x', [], [PULSE], { steps: [PULSE] }, { title: '', steps: [PULSE] }, { title: 't' }]) {
      expect(problemsOf(json).length).toBeGreaterThan(0);
    }
  });

  it('gets all its problems at once', () => {
    const problems = problemsOf(
      recipeWith({ ...PULSE, onS: 0.01 }, PULSE, { ...PULSE, periodS: 61 }, { ...OFF, light: 3 }),
    );
    expect(problems.map(({ path }) => path)).toEqual([
      'test: steps.0.onS',
      'test: steps.2.periodS',
      'test: steps.3.light',
    ]);
  });

  it('has its loops written out in order', () => {
    const { steps } = readOf(recipeWith(OFF, { repeat: 2, steps: [PULSE, OFF] }, PULSE));
    expect(steps.map(({ mode }) => mode)).toEqual(['off', 'pulse', 'off', 'pulse', 'off', 'pulse']);
  });
});
