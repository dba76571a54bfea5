/** Packages that only an export needs: they are loaded when one is asked for, and may be missing. */
import { RunError } from '../problem.ts';

/** @throws RunError EXPORT_UNAVAILABLE where the package is not installed or does not load */
export async function optional<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    const why = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    throw new RunError('EXPORT_UNAVAILABLE', name, `the optional package does not load: ${why}`);
  }
}
