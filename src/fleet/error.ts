/** Why the collector cannot start, in a form for a person. */

export type FleetCode = 'MODULE_MISSING' | 'DATABASE_UNREACHABLE' | 'DATABASE_REFUSED' | 'BROKER_UNREACHABLE';

export class FleetError extends Error {
  override name = 'FleetError';
  /** `message` is the cause; `remedy` what to do about it. */
  constructor(
    readonly code: FleetCode,
    message: string,
    readonly remedy: string,
  ) {
    super(message);
  }
}

/** The text of a thrown value; when several addresses failed, Node wraps their errors in one without a text. */
export function causeOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(causeOf).join('; ');
  if (error instanceof Error) return error.message || String((error as NodeJS.ErrnoException).code ?? error.name);
  return String(error);
}
