/** Writes docs/reference from the tables of src/params. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { referencePages } from '../params/reference.ts';
import { PACKAGE_ROOT } from '../runtime/recipes.ts';

const folder = join(PACKAGE_ROOT, 'docs', 'reference');
mkdirSync(folder, { recursive: true });
for (const [name, text] of Object.entries(referencePages())) writeFileSync(join(folder, name), text);
