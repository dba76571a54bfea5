/** The types of the TypeScript client: current, whole without the rest of remixd, and strict with who uses them. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';
import { afterAll, describe, expect, it } from 'vitest';
import { CLIENT_TYPES, clientTypes } from '../../src/cli/client-types.ts';
import { PACKAGE_ROOT } from '../../src/files/recipes.ts';
import { commandRow } from '../../src/params/commands.ts';
import { WEB_COMMANDS } from '../../src/params/web.ts';

const folder = mkdtempSync(join(tmpdir(), 'remixd-client-'));
afterAll(() => rmSync(folder, { recursive: true }));
for (const file of ['types.ts', 'remixd.ts'])
  copyFileSync(join(PACKAGE_ROOT, 'clients', 'typescript', file), join(folder, file));

const STRICT: ts.CompilerOptions = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noUnusedLocals: true,
  verbatimModuleSyntax: true,
  erasableSyntaxOnly: true,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  // A browser: nothing of Node.js, nothing of remixd.
  lib: ['lib.es2022.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
  types: [],
  outDir: join(folder, 'out'),
};
/** What the compiler says of a file in the copied folder; its output lies below `out`. */
function complaints(file: string, more: ts.CompilerOptions = {}): string[] {
  const program = ts.createProgram([join(folder, file)], { ...STRICT, ...more });
  program.emit();
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
}
/** The same for this text beside the client. */
function ofText(text: string): string[] {
  writeFileSync(
    join(folder, 'user.ts'),
    `import { Remixd } from './remixd.js';\nconst device = new Remixd('http://127.0.0.1:1', 'x');\n${text}\n`,
  );
  return complaints('user.ts');
}

describe('the types of the client', () => {
  it('say what the tables say (npm run docs renews them)', () => {
    expect(readFileSync(join(PACKAGE_ROOT, CLIENT_TYPES), 'utf8')).toBe(clientTypes());
  });

  it('compile in a folder of their own, strictly, with the types of a browser alone', () => {
    expect(complaints('types.ts')).toEqual([]);
    expect(complaints('remixd.ts')).toEqual([]);
    for (const file of ['types.ts', 'remixd.ts'])
      expect(readFileSync(join(folder, file), 'utf8')).not.toMatch(/from '(?!\.\/types\.js')/);
  });

  it('make a module that plain Node.js loads', () => {
    complaints('remixd.ts');
    writeFileSync(join(folder, 'out', 'package.json'), '{"type":"module"}');
    const script = `import(${JSON.stringify(join(folder, 'out', 'remixd.js'))}).then((all) => console.log(Object.keys(all).sort().join()))`;
    const printed = execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' });
    expect(printed.trim()).toBe('NoAnswer,OutcomeUnknown,Refused,Remixd');
  });

  it.each([
    ["await device.order('arm', { duration_s: 60 });"],
    ["await device.trySettings({ 'pulse.onMs': 600, 'control.mode': 'swing' });"],
    ["for await (const [kind, data] of device.stream()) if (kind === 'state') data.verdict.name satisfies string;"],
  ])('accept %s', (text) => expect(ofText(`${text}\nexport {};`)).toEqual([]));

  it.each([
    ['an order without its duration', "await device.order('arm', {});", /duration_s/],
    ['a command of the bench alone', "await device.order('reset', {});", /"reset"/],
    ['a setting that does not exist', "await device.trySettings({ 'pulse.on': 1 });", /pulse\.on/],
    ['a hard limit', "await device.trySettings({ 'limits.tripC': 60 });", /limits\.tripC/],
    ['a mode that does not exist', "await device.trySettings({ 'control.mode': 'boil' });", /"boil"/],
    ['a verdict that does not exist', "(await device.state()).verdict.name === 'FINE';", /no overlap/],
  ])('refuse %s', (_, text, why) => expect(ofText(text).join(' ')).toMatch(why));
});

/** The first example of a page in this language. */
const example = (page: string, language: string): string =>
  new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``).exec(
    readFileSync(join(PACKAGE_ROOT, 'clients', page), 'utf8'),
  )?.[1] ?? '';

describe('the example of the page', () => {
  it('about TypeScript compiles', () => {
    writeFileSync(join(folder, 'example.ts'), example('typescript/README.md', 'ts'));
    const node = { types: ['node'], typeRoots: [join(PACKAGE_ROOT, 'node_modules', '@types')], skipLibCheck: true };
    expect(complaints('example.ts', node)).toEqual([]);
    expect(readFileSync(join(folder, 'out', 'example.js'), 'utf8')).toContain('device.stop()');
  });

  it('about Python names calls that the client has', () => {
    const text = readFileSync(join(PACKAGE_ROOT, 'clients', 'python', 'remixd.py'), 'utf8');
    const calls = [...example('python/README.md', 'python').matchAll(/device\.(\w+)\(/g)].map(([, name]) => name);
    expect([...new Set(calls)].sort()).toEqual([
      'confirm',
      'order',
      'revert',
      'state',
      'stop',
      'stream',
      'try_settings',
    ]);
    for (const name of calls) expect(text).toContain(`    def ${name}(self`);
  });
});

describe('the Python client', () => {
  it('knows which commands can lead to heat', () => {
    const text = readFileSync(join(PACKAGE_ROOT, 'clients', 'python', 'remixd.py'), 'utf8');
    const named = [...(/^HEATING = frozenset\(\{(.*)\}\)$/m.exec(text)?.[1] ?? '').matchAll(/'([a-z-]+)'/g)].map(
      ([, name]) => name,
    );
    expect(named).toEqual(WEB_COMMANDS.filter((name) => commandRow(name).heat === 'adds'));
  });
});
