/** Errors of the file system in plain English. */

const ELSEWHERE = 'name another folder (runtime.stateDir, runtime.runsDir, --out)';
const FULL = ['the disk is full', `Free some disk space, or ${ELSEWHERE}.`] as const;
const FORBIDDEN = ['this user has no permission', `Change the owner with chown, or ${ELSEWHERE}.`] as const;
const IN_THE_WAY = ['a file of that name is in the way', `Move that file away, or ${ELSEWHERE}.`] as const;

/** What an error number means, and what to do about it. */
const FILE_ERRORS: Readonly<Record<string, readonly [cause: string, remedy: string]>> = {
  ENOSPC: FULL,
  EDQUOT: FULL,
  EACCES: FORBIDDEN,
  EPERM: FORBIDDEN,
  EEXIST: IN_THE_WAY,
  ENOTDIR: IN_THE_WAY,
  TAKEN: [
    'it is there already, and a record is never written over',
    'Name a new file or folder, or move this one away.',
  ],
  EISDIR: ['this is a folder, not a file', 'Name a file.'],
  EFTYPE: ['this is a pipe or a device, not a plain file', 'Name a plain file.'],
  ELOOP: ['this is a symbolic link, which is not followed here', 'Copy the file itself to this place.'],
  EFBIG: ['the file is larger than any such file can be', 'Check that the path names the right file.'],
  ENOENT: ['there is no such file or folder', 'Check the path, or create the folder first (mkdir -p).'],
  EROFS: ['the disk is mounted read-only', `Mount the disk for writing, or ${ELSEWHERE}.`],
};

/** What a file error means, and what to do about it; the text of the system for one that is not in the table. */
export function fileTrouble({ code = '', message }: NodeJS.ErrnoException): { cause: string; remedy: string } {
  const [cause, remedy] = FILE_ERRORS[code] ?? [message, 'Check the path and the disk; dmesg shows the kernel’s log.'];
  return { cause, remedy };
}

/** What a file error means. */
export const fileCause = (error: unknown): string => fileTrouble(error as NodeJS.ErrnoException).cause;
