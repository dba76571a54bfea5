/** Disk space and permission for the safety latch and the records. Without them arming is refused. */
import { dirname } from 'node:path';
import { LEAST_FREE } from '../../params/storage.ts';
import { examined, mayUse, SERVICE_FOLDER } from '../account.ts';
import { about, type Check, type Examination, type Finding } from '../finding.ts';
import type { Probe } from '../probe.ts';

/** The folder, or the nearest existing parent in which it would be created. */
function nearestThere(probe: Probe, path: string): string {
  if (probe.facts(path) || dirname(path) === path) return path;
  return nearestThere(probe, dirname(path));
}

function room(bytes: number): string {
  const gib = bytes / 2 ** 30;
  return gib >= 1 ? `${gib.toFixed(1)} GiB` : `${Math.round(bytes / 2 ** 20)} MiB`;
}

/** The folder for the account: given to it where it exists, otherwise created. A parent never changes its owner. */
const chown = (name: string, path: string, exists: boolean): string =>
  exists ? `sudo chown -R ${name} ${path}` : `sudo install -d -o ${name} ${path}`;

function folder({ probe, settings }: Examination, id: string, title: string, path: string): Finding {
  const say = about(id, title);
  const there = nearestThere(probe, path);
  const facts = probe.facts(there);
  const account = examined(probe, settings);
  if (there !== path && path.startsWith(SERVICE_FOLDER) && probe.facts(SERVICE_FOLDER) === null)
    return say.ok(`${path}, created at the first start of the service`);
  if (facts === null || facts.kind !== 'folder')
    return say.fail(`${there} is not a folder`, `Remove it, or set a folder other than ${path}.`);
  if (!mayUse(account, facts))
    return say.fail(`${account.name} cannot write to ${there}`, chown(account.name, path, there === path));
  // Whether the disk accepts writes can only be tested for one’s own account.
  if ((probe.uid === 0 || probe.uid === account.uid) && !probe.writable(there))
    return say.fail(
      `${there} is not writable`,
      `Mount its disk for writing, or ${chown(account.name, path, there === path)}`,
    );
  const space = probe.space(there);
  if (space === null || space.totalBytes === 0) return say.ok(`${path}, writable`);
  const share = space.freeBytes / space.totalBytes;
  const seen = `${path}, writable, ${room(space.freeBytes)} free (${Math.round(100 * share)} %)`;
  return share < LEAST_FREE ? say.fail(seen, 'Move old runs to another disk, or use a larger disk.') : say.ok(seen);
}

export const folders: Check = {
  hardware: false,
  look: (examination) => [
    folder(examination, 'state-dir', 'State folder', examination.settings['runtime.stateDir']),
    folder(examination, 'runs-dir', 'Runs folder', examination.settings['runtime.runsDir']),
  ],
};
