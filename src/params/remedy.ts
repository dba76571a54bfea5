/** What to do about a fault: once it has latched, and while nothing is latched. */
export interface Remedy {
  /** With the acknowledgement, where it latches. */
  readonly remedy: string;
  /** While nothing is latched, if that differs. */
  readonly unlatched?: string;
}

/**
 * The remedy of a fault that is acknowledged once it has latched.
 * @param begin what to do
 * @param end what comes after the acknowledgement, with the full stop
 */
export const latching = (begin: string, end = '.', acknowledge = ', then acknowledge'): Required<Remedy> => ({
  remedy: `${begin}${acknowledge}${end}`,
  unlatched: `${begin}${end}`,
});
