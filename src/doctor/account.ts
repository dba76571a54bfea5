/** Whose permissions are checked: the service account if the bench belongs to it, otherwise the user who runs the doctor. */
import type { Settings } from '../params/settings.ts';
import { type FileFacts, type Probe, textOf } from './probe.ts';

const SERVICE_USER = 'remixd';
/** The service manager creates it for the account at the first start. */
export const SERVICE_FOLDER = '/var/lib/remixd';

export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gids: readonly number[];
}

interface Group {
  readonly name: string;
  readonly gid: number;
  readonly members: readonly string[];
}

const rows = (probe: Probe, path: string): string[][] =>
  (textOf(probe, path) ?? '').split('\n').map((line) => line.split(':'));

const groupsOf = (probe: Probe): Group[] =>
  rows(probe, '/etc/group').map(([name = '', , gid = '', members = '']) => ({
    name,
    gid: Number(gid),
    members: members.split(','),
  }));

export function groupId(probe: Probe, name: string): number | null {
  return groupsOf(probe).find((group) => group.name === name)?.gid ?? null;
}

export function groupName(probe: Probe, gid: number): string {
  return groupsOf(probe).find((group) => group.gid === gid)?.name ?? String(gid);
}

/** The account that will run the controller with these settings, found from the path or the owner of the state folder. */
export function examined(probe: Probe, settings: Settings): Account {
  const users = rows(probe, '/etc/passwd');
  const [, , uid, gid] = users.find(([name]) => name === SERVICE_USER) ?? [];
  const state = settings['runtime.stateDir'];
  if (uid !== undefined && (state === SERVICE_FOLDER || probe.facts(state)?.uid === Number(uid))) {
    const more = groupsOf(probe).filter(({ members }) => members.includes(SERVICE_USER));
    return { name: SERVICE_USER, uid: Number(uid), gids: [Number(gid), ...more.map((group) => group.gid)] };
  }
  const own = users.find(([, , one]) => Number(one) === probe.uid);
  return { name: own?.[0] ?? `user ${probe.uid}`, uid: probe.uid, gids: probe.gids };
}

/** Whether the account may read and write, by owner, group and others. Root always may. */
export function mayUse(account: Account, { mode, uid, gid }: FileFacts): boolean {
  if (account.uid === 0) return true;
  const shift = account.uid === uid ? 6 : account.gids.includes(gid) ? 3 : 0;
  return ((mode >> shift) & 0o6) === 0o6;
}
