export { shown } from './shown.ts';

/** What a command is answered with. The codes are those of HTTP. */
export const CODES = {
  200: 'Done.',
  202: 'Accepted; watch the state topic.',
  400: 'The message is not JSON, is nested too deep, or is not an object.',
  403: 'Not allowed here.',
  404: 'There is no such command, recipe or setting.',
  408: 'The message expired on its way.',
  409: 'Conflicts with the present revision, trial or state.',
  410: 'The nonce is not the one of the present state.',
  413: 'The message is too long.',
  422: 'A value is not allowed.',
  423: 'Locked by a trip or lockout.',
  429: 'Too many commands at once.',
  503: 'Not possible now: a disk or sensor of the device fails.',
} as const;
export type Code = keyof typeof CODES;

export interface FieldError {
  readonly path: string;
  readonly got: string;
  readonly allowed: string;
}

export interface Answer {
  readonly code: Code;
  readonly text: string;
  readonly errors?: readonly FieldError[];
  readonly data?: unknown;
}
