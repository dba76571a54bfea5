/** Writes docs/reference, and the tables of docs/SAFETY.md, from the tables of src/params. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../files/recipes.ts';
import { safetyTables, withTables } from '../params/safety-tables.ts';
import { allPages } from './pages.ts';

const folder = join(PACKAGE_ROOT, 'docs', 'reference');
mkdirSync(folder, { recursive: true });
for (const [name, text] of Object.entries(allPages())) writeFileSync(join(folder, name), text);

const safety = join(PACKAGE_ROOT, 'docs', 'SAFETY.md');
writeFileSync(safety, withTables(readFileSync(safety, 'utf8'), safetyTables()));
