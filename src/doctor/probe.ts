/**
 * What the doctor may read. Nothing here writes: no probe opens a device, exports a line or talks to the gate, so an
 * examination can never energise anything. One implementation reads this computer; tests supply a tree of files.
 */
export interface FileFacts {
  readonly kind: 'file' | 'folder' | 'device' | 'socket' | 'other';
  /** Permission bits, 0 to 0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

export interface Space {
  readonly freeBytes: number;
  readonly totalBytes: number;
}

export interface Probe {
  /** Without the leading v, for example 20.19.2. */
  readonly nodeVersion: string;
  /** As Node names it: linux, darwin, win32. */
  readonly platform: string;
  readonly arch: string;
  readonly uid: number;
  /** All groups of this process. */
  readonly gids: readonly number[];
  /** The content of a file, or null when it cannot be read. */
  bytes(path: string): Uint8Array | null;
  /** The names in a folder, sorted; empty when it cannot be read. */
  names(folder: string): readonly string[];
  /** Facts about the file at the path, links followed; null when there is none. */
  facts(path: string): FileFacts | null;
  /** Whether this process may write there; also false on a read-only file system. */
  writable(path: string): boolean;
  space(path: string): Space | null;
  /** The output of a command; null when it is missing, failed or took longer than `timeoutMs`. */
  run(command: string, args: readonly string[], timeoutMs: number): Promise<string | null>;
  /** Null when the native module loads, otherwise the reason why not. */
  load(module: string): string | null;
}

/** A file as text without NUL bytes and surrounding blanks, as /sys and /proc write them; null when unreadable. */
export function textOf(probe: Probe, path: string): string | null {
  const bytes = probe.bytes(path);
  return bytes === null ? null : new TextDecoder().decode(bytes).replaceAll('\0', '').trim();
}
