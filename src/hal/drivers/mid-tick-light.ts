/**
 * Changes the light between two ticks. On a real bus the conversion that a tick starts begins some milliseconds after the
 * tick, when the transfers before it have ended, and integrates for 40 % of a tick. A light that changes with the tick itself changes
 * before that conversion, which is dated to the tick and so counted to the light before: a dark frame of one tick then holds
 * no dark reading, and the reading after it, in full light, is taken for dark.
 */
import type { Ratio } from '../../units.ts';
import type { LightPort } from '../ports.ts';

export class MidTickLight implements LightPort {
  private closed = false;

  /** @param later does something between this tick and the next */
  constructor(
    private readonly port: LightPort,
    private readonly later: (act: () => void) => void,
  ) {}

  set(level: Ratio): void {
    this.later(() => {
      if (!this.closed) this.port.set(level);
    });
  }

  /** What was asked for and not done yet is not done any more. */
  close(): void {
    this.closed = true;
  }
}
