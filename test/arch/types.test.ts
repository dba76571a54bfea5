import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const REFUSALS = join(ROOT, 'test/arch/refusals.ts');
const MARK = /^ *\/\/ @ts-expect-error.*\n/gm;

/** The project’s own compiler options, with `text` in the place of the refusals. @returns lines with an error, and why */
function compiled(text: string): { line: number; why: string }[] {
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [REFUSALS] }, ts.sys, ROOT);
  const host = ts.createCompilerHost(options);
  const { getSourceFile } = host;
  host.getSourceFile = (path, version) =>
    path === REFUSALS ? ts.createSourceFile(path, text, version) : getSourceFile.call(host, path, version);
  const program = ts.createProgram([REFUSALS], options, host);
  return ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => ({
    line: file && start !== undefined ? file.getLineAndCharacterOfPosition(start).line + 1 : 0,
    why: ts.flattenDiagnosticMessageText(messageText, ' '),
  }));
}

describe('the types', () => {
  const text = readFileSync(REFUSALS, 'utf8');

  it('refuse every mistake of the list: bare numbers, instants for spans, other quantities, a gate for the loop', () => {
    expect(compiled(text)).toEqual([]);
  }, 60_000);

  it('refuse each of them for its own sake: without the marks every one is an error, and nothing else is', () => {
    const lines = text.split('\n');
    const marked = lines.flatMap((line, i) => (/^ *\/\/ @ts-expect-error/.test(line) ? [i] : []));
    // The mistake is the line after its mark; the marks before it are gone.
    const mistakes = marked.map((index, before) => index + 1 - before);
    const errors = compiled(text.replace(MARK, ''));
    expect([...new Set(errors.map(({ line }) => line))].sort((a, b) => a - b)).toEqual(mistakes);
    for (const { why } of errors) expect(why).toMatch(/not assignable|no overlap|does not exist/);
    expect(mistakes.length).toBeGreaterThan(20);
  }, 60_000);
});
