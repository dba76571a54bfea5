/** The programs of the folder gate, the gate’s limits, its socket and its scheduling. The socket is never opened. */
import { about, type Check, type Examination, type Finding } from '../finding.ts';
import { gpioWay, LINES_PROGRAM } from '../gpio-way.ts';
import { type Probe, textOf } from '../probe.ts';

const PROGRAM = 'remixd-gate';
const FIFO = 1;
const PRIORITY = 45;
const POLICIES = ['normal', 'FIFO', 'round robin', 'batch', '', 'idle', 'deadline'];
const START = 'sudo systemctl start remixd-gate';

export const gatePrograms: Check = {
  hardware: true,
  look: ({ probe, packageRoot, settings }) =>
    [PROGRAM, 'remixd-off', LINES_PROGRAM].map((name) => {
      const say = about(name, `Program ${name}`);
      const path = `${packageRoot}/gate/${name}`;
      const facts = probe.facts(path);
      if (facts === null && name === LINES_PROGRAM && gpioWay({ probe, settings }).way === 'sysfs')
        return say.skip('not built; it is not needed while the lines are reached through sysfs');
      if (facts === null) return say.fail(`${path} is missing`, 'Run make -C gate in the remixd folder.');
      return facts.mode & 0o111 ? say.ok(path) : say.fail(`${path} is not executable`, `chmod +x ${path}`);
    }),
};

export const gateLimits: Check = {
  hardware: true,
  look: ({ probe, settings, gateConf: { path, expected } }) => {
    const say = about('gate-limits', 'Limits of the gate');
    const remedy =
      `remixd config gate --config /etc/remixd/config.json | sudo tee ${path}, then ` +
      'disarm and run sudo systemctl restart remixd-gate remixd.';
    const bytes = probe.bytes(path);
    if (bytes === null) return [say.fail(`${path} cannot be read; the gate does not start without it`, remedy)];
    if (expected === null) return [say.skip(`${path} exists; this build cannot compare it with the settings`)];
    if (new TextDecoder().decode(bytes) === expected(settings)) return [say.ok(`${path} matches the settings`)];
    return [
      say.fail(`${path} differs from the settings, so the gate and the controller have different limits`, remedy),
    ];
  },
};

export const gateSocket: Check = {
  hardware: true,
  look: ({ probe, settings }) => {
    const path = settings['gate.socket'];
    const say = about('gate-socket', 'Socket of the gate');
    const facts = probe.facts(path);
    if (facts === null)
      return [say.warn(`${path} is missing: the gate is not running, or this user cannot read the folder`, START)];
    if (facts.kind !== 'socket') return [say.fail(`${path} is not a socket`, `Remove it, then ${START}`)];
    if (facts.mode & 0o002)
      return [say.fail(`every user can write to ${path}`, `Start the gate as a service: ${START}`)];
    return [say.ok(path)];
  },
};

function processId(probe: Probe): string | null {
  const ids = probe.names('/proc').filter((name) => /^\d+$/.test(name));
  return ids.find((id) => textOf(probe, `/proc/${id}/comm`) === PROGRAM) ?? null;
}

/** Fields 40 and 41 of /proc/PID/stat; the name in field 2 may hold blanks, so counting starts behind it. */
function scheduling(probe: Probe, id: string): { priority: number; policy: number } | null {
  const stat = textOf(probe, `/proc/${id}/stat`);
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (!fields || fields.length < 39) return null;
  return { priority: Number(fields[37]), policy: Number(fields[38]) };
}

export const gateScheduling: Check = {
  hardware: true,
  look: ({ probe }: Examination): readonly Finding[] => {
    const say = about('gate-scheduling', 'Scheduling of the gate');
    const id = processId(probe);
    if (id === null) return [say.skip('the gate is not running')];
    const found = scheduling(probe, id);
    const remedy = 'Start it as remixd-gate.service; its LimitRTPRIO=45 permits real-time scheduling.';
    if (found === null) return [say.warn(`process ${id}: its scheduling cannot be read`, remedy)];
    const seen = `${POLICIES[found.policy] || `policy ${found.policy}`} ${found.priority} (process ${id})`;
    const good = found.policy === FIFO && found.priority === PRIORITY;
    return [
      good
        ? say.ok(seen)
        : say.warn(`${seen}, not FIFO ${PRIORITY}: pulses end late when the computer is loaded`, remedy),
    ];
  },
};
