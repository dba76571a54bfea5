/** Writes docs/reference, the tables inside other pages of docs, and the types of the client, from the tables of src/params. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../files/recipes.ts';
import { withTables } from '../params/safety-tables.ts';
import { CLIENT_TYPES, clientTypes } from './client-types.ts';
import { allPages, TABLED } from './pages.ts';

const docs = join(PACKAGE_ROOT, 'docs');
const folder = join(docs, 'reference');
mkdirSync(folder, { recursive: true });
for (const [name, text] of Object.entries(allPages())) writeFileSync(join(folder, name), text);

writeFileSync(join(PACKAGE_ROOT, CLIENT_TYPES), clientTypes());

for (const [name, tables] of Object.entries(TABLED)) {
  const path = join(docs, name);
  writeFileSync(path, withTables(readFileSync(path, 'utf8'), tables()));
}
