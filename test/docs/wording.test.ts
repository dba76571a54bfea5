import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { allPages } from '../../src/cli/pages.ts';
import { PACKAGE_ROOT } from '../../src/files/recipes.ts';

/** Wording that a person should not have to read; each with plain English to use instead. */
const BANNED: readonly (readonly [odd: RegExp, instead: string])[] = [
  [/\bwhoever\b/i, 'any user, every client, the caller'],
  [/\b(?:that|which|what) is none\b/i, 'is not a number, is not text'],
  [/\bstands against what\b/i, 'conflicts with'],
  [/\ba slip\b/i, 'a typing error'],
  [/\bmade up for\b/i, 'is skipped, is carried out later'],
  [/\breckons? with\b/i, 'assumes'],
  [/\bas delivered\b/i, 'by default'],
  [/\bnobody['’]s\b/i, 'unused, unknown'],
  [/\bnobody to ask\b/i, 'not confirmed'],
  [/\bspeaks? to nobody\b/i, 'is off'],
  [/\bsees to it that\b/i, 'checks, makes sure'],
  [/\bis told\b/i, 'is set by, receives'],
  [/\btakes? for (?:a|an|the)\b/i, 'assumes to be'],
  [/\blets? (?:us|you|it) in\b/i, 'refuses the connection'],
  [/\bdoes not let (?:you|us)\b/i, 'does not allow'],
  [/\bnonsense\b/i, 'invalid data'],
  [/(?<!there )\bis no (?:number|text|name|word|socket|folder|file|object|terminal)\b/i, 'is not a …'],
  [/\blog in anew\b/i, 'log in again'],
  [/\bfrom afar\b/i, 'over MQTT'],
  // The English of libraries never reaches a person.
  [/\bUnrecognized key\b/i, 'no other fields'],
  [/\bInvalid input\b/i, 'what is allowed'],
  [/\bToo (?:small|big): expected\b/i, 'at least, at most'],
  [/\bargument '.*' is invalid\b/i, 'got, allowed, remedy'],
];

const findings = (where: string, text: string): string[] =>
  BANNED.filter(([odd]) => odd.test(text)).map(([odd, instead]) => `${where}: ${odd} (write: ${instead}) in ${text}`);

/** Every string and template text of a source file, with its line. */
function literalsOf(path: string): { readonly line: number; readonly text: string }[] {
  const file = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
  const found: { line: number; text: string }[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node) || ts.isTemplateExpression(node)) {
      const text = ts.isTemplateExpression(node)
        ? [node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)].join('…')
        : node.text;
      found.push({ line: file.getLineAndCharacterOfPosition(node.getStart()).line + 1, text });
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

describe('the wording', () => {
  const sources = readdirSync(join(PACKAGE_ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join('src', name));

  it('of every text in the sources is plain', () => {
    expect(sources.length).toBeGreaterThan(150);
    const texts = sources.flatMap((path) =>
      literalsOf(join(PACKAGE_ROOT, path)).map(({ line, text }) => ({ where: `${path}:${line}`, text })),
    );
    expect(texts.length).toBeGreaterThan(3000);
    expect(texts.flatMap(({ where, text }) => findings(where, text))).toEqual([]);
  });

  it.each(['systemd/install', 'systemd/rollback', 'systemd/uninstall', 'systemd/common.sh', 'fleet/make-broker'])(
    'of %s is plain',
    (path) => {
      const lines = readFileSync(join(PACKAGE_ROOT, path), 'utf8').split('\n');
      expect(lines.flatMap((line, i) => findings(`${path}:${i + 1}`, line))).toEqual([]);
    },
  );

  it('of the generated pages is plain', () => {
    const lines = Object.entries(allPages()).flatMap(([name, page]) =>
      page.split('\n').map((text, i) => ({ where: `docs/reference/${name}:${i + 1}`, text })),
    );
    expect(lines.flatMap(({ where, text }) => findings(where, text))).toEqual([]);
  });

  /** Of the pages, CONTRIBUTING has to name what is banned. */
  const pages = ['README.md', 'SECURITY.md', 'CHANGELOG.md', 'fleet/README.md'].concat(
    readdirSync(join(PACKAGE_ROOT, 'docs'))
      .filter((name) => name.endsWith('.md'))
      .map((name) => join('docs', name)),
  );

  it.each(pages)('of %s is plain', (path) => {
    const lines = readFileSync(join(PACKAGE_ROOT, path), 'utf8').split('\n');
    expect(lines.flatMap((line, i) => findings(`${path}:${i + 1}`, line))).toEqual([]);
  });

  it('that is banned is explained in CONTRIBUTING.md', () => {
    const rows = readFileSync(join(PACKAGE_ROOT, 'CONTRIBUTING.md'), 'utf8')
      .split('\n')
      .filter((line) => /^\| .+ \| .+ \|$/.test(line))
      .map((line) => line.split(' | ')[0] ?? '');
    expect(BANNED.filter(([odd]) => !rows.some((row) => odd.test(row))).map(String)).toEqual([]);
  });

  it('is found odd where it is odd', () => {
    expect(findings('x', 'Damaged: a number that is none')).toHaveLength(1);
    expect(findings('x', 'A missed start is made up for.')).toHaveLength(1);
    expect(findings('x', 'The supply voltage is above its tolerance.')).toEqual([]);
  });
});
