/** Node, the native modules, and a compiler if something still has to be built. */
import { about, type Check, type Examination, type Finding } from '../finding.ts';
import { gpioWay, LINES_PROGRAM } from '../gpio-way.ts';
import type { Probe } from '../probe.ts';

/** As in package.json. */
const LEAST_NODE = [20, 19, 0] as const;
const HARDWARE_MODULES = { onoff: 'GPIO', 'i2c-bus': 'I2C', 'spi-device': 'SPI' } as const;
const UNIT = '/etc/systemd/system/remixd.service';
const BUILD_TOOLS = 'sudo apt install build-essential python3';

function atLeast(version: string, least: readonly number[]): boolean {
  const parts = version.split('.').map(Number);
  const at = least.findIndex((wanted, i) => (parts[i] ?? 0) !== wanted);
  return at < 0 || (parts[at] ?? 0) > (least[at] ?? 0);
}

export const nodeVersion: Check = {
  hardware: false,
  look: ({ probe }) => {
    const say = about('node', 'Node.js');
    const least = LEAST_NODE.join('.');
    if (atLeast(probe.nodeVersion, LEAST_NODE))
      return [say.ok(`${probe.nodeVersion} on ${probe.platform} ${probe.arch}`)];
    return [
      say.fail(
        `${probe.nodeVersion} is older than ${least}`,
        `Install Node.js ${least} or newer; see docs/INSTALL.md.`,
      ),
    ];
  },
};

const rebuild = (module: string): string =>
  `Run npm ci in the remixd folder (npm rebuild ${module} after a change of Node). If no compiler is installed: ${BUILD_TOOLS}`;

export const nativeModules: Check = {
  hardware: true,
  look: ({ probe, settings }) =>
    Object.entries(HARDWARE_MODULES).map(([module, job]) => {
      const say = about(`module-${module}`, `Module ${module}`);
      const why = probe.load(module);
      if (why !== null && module === 'onoff' && gpioWay({ probe, settings }).way === 'chardev')
        return say.skip(`${why}; not needed, the lines are reached through ${LINES_PROGRAM}`);
      return why === null ? say.ok(`loads (${job})`) : say.fail(`${why}; ${job} needs it`, rebuild(module));
    }),
};

/** Only the service needs it, to report to the service manager that the controller is ready and alive. */
export const notifyModule: Check = {
  hardware: true,
  look: ({ probe }) => {
    const say = about('module-unix-dgram', 'Module unix-dgram');
    const why = probe.load('unix-dgram');
    if (why === null) return [say.ok('loads (service notifications)')];
    if (probe.facts(UNIT) === null) return [say.skip(`${why}; only remixd.service needs it`)];
    return [say.fail(`${why}; without it remixd.service never reaches the state started`, rebuild('unix-dgram'))];
  },
};

const anythingToBuild = ({ probe, packageRoot }: Examination): boolean =>
  ['remixd-gate', LINES_PROGRAM].some((name) => probe.facts(`${packageRoot}/gate/${name}`) === null) ||
  Object.keys(HARDWARE_MODULES).some((module) => probe.load(module) !== null);

const found = (probe: Probe, name: string): boolean =>
  ['/usr/bin', '/usr/local/bin', '/bin'].some((folder) => probe.facts(`${folder}/${name}`) !== null);

/** No finding while nothing has to be built: a bench needs no compiler to run. */
export const compiler: Check = {
  hardware: true,
  look: (examination): readonly Finding[] => {
    if (!anythingToBuild(examination)) return [];
    const say = about('compiler', 'C compiler');
    const missing = ['cc', 'make'].filter((name) => !found(examination.probe, name));
    if (missing.length === 0) return [say.ok('cc and make are installed; the missing parts can be built')];
    return [
      say.warn(
        `${missing.join(' and ')} missing, but needed to build the missing parts`,
        `${BUILD_TOOLS}, then npm ci`,
      ),
    ];
  },
};
