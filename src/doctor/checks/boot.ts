/** The firmware’s config.txt. The device files show the present state; this file decides the next start. */
import { about, type Check, type Examination, type Finding } from '../finding.ts';
import { type Probe, textOf } from '../probe.ts';

/** Newest path first; on newer systems the old file only holds a note. */
const PLACES = ['/boot/firmware/config.txt', '/boot/config.txt'] as const;

export interface BootConfig {
  readonly path: string;
  /** Effective device tree parameters; the last one wins. A parameter without a value is on. */
  readonly params: ReadonlyMap<string, string>;
  readonly overlays: readonly { readonly name: string; readonly options: ReadonlyMap<string, string> }[];
}

export const model = (probe: Probe): string | null => textOf(probe, '/proc/device-tree/model');

/** Whether the lines after a filter such as [pi4] or [all] apply to this board. */
function applies(filter: string, board: string | null): boolean {
  if (filter === 'all') return true;
  const generation = /Raspberry Pi (?:Compute Module )?(\d)/.exec(board ?? '')?.[1];
  return generation !== undefined && new RegExp(`^(pi|cm)${generation}`).test(filter);
}

const assignments = (text: string): [string, string][] =>
  text
    .split(',')
    .filter((part) => part !== '')
    .map((part) => {
      const at = part.indexOf('=');
      return at < 0 ? [part.trim(), 'on'] : [part.slice(0, at).trim(), part.slice(at + 1).trim()];
    });

/** Reads config.txt, or null where there is none. */
export function bootConfig(probe: Probe): BootConfig | null {
  for (const path of PLACES) {
    const text = textOf(probe, path);
    if (text === null || text.includes('has moved to')) continue;
    const board = model(probe);
    const params = new Map<string, string>();
    const overlays: { name: string; options: ReadonlyMap<string, string> }[] = [];
    let counts = true;
    for (const raw of text.split('\n')) {
      const line = raw.replace(/#.*$/, '').trim();
      const filter = /^\[(.+)\]$/.exec(line)?.[1];
      if (filter !== undefined) counts = applies(filter.toLowerCase(), board);
      else if (counts && line.startsWith('dtparam=')) {
        for (const [name, value] of assignments(line.slice('dtparam='.length))) params.set(name, value);
      } else if (counts && line.startsWith('dtoverlay=')) {
        const [name = '', ...options] = line.slice('dtoverlay='.length).split(',');
        overlays.push({ name: name.trim(), options: new Map(assignments(options.join(','))) });
      }
    }
    return { path, params, overlays };
  }
  return null;
}

const isOn = (value: string | undefined): boolean => value !== undefined && /^(on|yes|true|1|)$/i.test(value);

function param(
  { probe }: Examination,
  config: BootConfig,
  names: readonly [string, ...string[]],
  title: string,
  device: string,
): Finding {
  const say = about(`boot-${names[0]}`, title);
  if (names.some((name) => isOn(config.params.get(name)))) return say.ok(`dtparam=${names[0]}=on in ${config.path}`);
  if (probe.facts(device)) return say.ok(`not in ${config.path}, but ${device} exists`);
  return say.warn(`off in ${config.path}`, `Add dtparam=${names[0]}=on to ${config.path} and restart.`);
}

export const bootParameters: Check = {
  hardware: true,
  look: (examination) => {
    const { probe, settings } = examination;
    const config = bootConfig(probe);
    const say = about('boot-config', 'Boot configuration');
    if (config === null) {
      const remedy =
        'On a Raspberry Pi, mount the boot partition. On another board, enable I2C and SPI as its manual says.';
      return [say.warn(`neither ${PLACES.join(' nor ')} can be read`, remedy)];
    }
    const i2c = `/dev/i2c-${settings['i2c.bus']}`;
    const found = [param(examination, config, ['spi'], 'SPI at boot', `/dev/spidev${settings['spi.bus']}.0`)];
    const soft = config.overlays.find(({ name }) => name === 'i2c-gpio');
    if (soft && Number(soft.options.get('bus') ?? '-1') === settings['i2c.bus'])
      found.unshift(about('boot-i2c_arm', 'I2C at boot').ok(`bus ${settings['i2c.bus']} by dtoverlay=i2c-gpio`));
    else found.unshift(param(examination, config, ['i2c_arm', 'i2c'], 'I2C at boot', i2c));
    return found;
  },
};
