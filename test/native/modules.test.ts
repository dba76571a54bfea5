import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const SOURCE = fileURLToPath(new URL('../../dist/src', import.meta.url));

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'remixd-modules-'));
  // Away from the tree: there are no modules to be found.
  cpSync(SOURCE, join(folder, 'src'), { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const OPEN = {
  'i2c-bus': "(await import('./src/hal/linux/i2c.js')).openI2c({ bus: 1, addresses: [] })",
  'spi-device': "(await import('./src/hal/linux/spi.js')).openSpi({ bus: 0, select: 0, mode: 0, clockHz: 1 })",
  onoff: "(await import('./src/hal/linux/gpio.js')).openInput(1)",
} as const;

function refusal(open: string): { code: string; remedy: string; message: string } {
  const script = `${open}.catch(({ code, remedy, message }) => console.log(JSON.stringify({ code, remedy, message })))`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', `await ${script}`], {
    cwd: folder,
    encoding: 'utf8',
  });
  if (!stdout) throw new Error(stderr);
  return JSON.parse(stdout) as { code: string; remedy: string; message: string };
}

describe.each(Object.entries(OPEN))('the native module %s', (name, open) => {
  it('that is not installed is named, with a remedy', () => {
    const { code, remedy, message } = refusal(open);
    expect(code).toBe('MODULE_MISSING');
    expect(message).toContain(name);
    expect(remedy).toContain('build-essential');
  });

  it('that was not built is named, with a remedy', () => {
    const module = join(folder, 'node_modules', name);
    mkdirSync(module, { recursive: true });
    writeFileSync(join(module, 'package.json'), JSON.stringify({ name, version: '1.0.0', main: 'index.js' }));
    writeFileSync(join(module, 'index.js'), "throw new Error('Could not locate the bindings file.');");
    const { code, remedy, message } = refusal(open);
    expect(code).toBe('MODULE_UNBUILT');
    expect(message).toContain(name);
    expect(remedy).toContain('npm ci');
  });
});
