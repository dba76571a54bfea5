/** Writes docs/reference from the tables of src/params. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../files/recipes.ts';
import { allPages } from './pages.ts';

const folder = join(PACKAGE_ROOT, 'docs', 'reference');
mkdirSync(folder, { recursive: true });
for (const [name, text] of Object.entries(allPages())) writeFileSync(join(folder, name), text);
