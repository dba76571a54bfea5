/** The types of the TypeScript client: what the tables say, and what server and page hand each other, as it is declared there. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../files/recipes.ts';
import { tableTypes } from '../params/client-types.ts';

/** Below the package. */
export const CLIENT_TYPES = 'clients/typescript/types.ts';

const DECLARED: Readonly<Record<string, readonly string[]>> = {
  'src/params/answers.ts': ['FieldError', 'Answer'],
  'src/params/page.ts': [
    'Told',
    'NextStep',
    'FindPattern',
    'FindCell',
    'FindTrial',
    'FindPhase',
    'FindView',
    'PageState',
    'PageEvent',
    'HeatSpan',
  ],
  'src/params/chart.ts': ['ChartData'],
};

/** A declaration with its comment, as it stands in a source. @throws Error where there is no such declaration */
function declared(source: string, text: string, name: string): string {
  const found = new RegExp(
    `(/\\*\\*(?:(?!\\*/)[^])*\\*/\\n)?export (?:interface ${name}(?: extends \\w+)? \\{\\n[^]*?^\\}|type ${name} = [^;]*;)$`,
    'm',
  );
  const [declaration] = found.exec(text) ?? [];
  if (declaration === undefined) throw new Error(`${source} declares no type ${name}`);
  return `${declaration}\n`;
}

/** The whole file. */
export function clientTypes(): string {
  const declarations = Object.entries(DECLARED).flatMap(([source, names]) => {
    const text = readFileSync(join(PACKAGE_ROOT, source), 'utf8');
    return names.map((name) => declared(source, text, name));
  });
  return `// Made by \`npm run docs\` from the tables of remixd. Do not edit.\n\n${[tableTypes(), ...declarations].join('\n')}`;
}
