/** Requests to the safety kernel wait here for the next tick. */
import type { Ask } from '../params/controls.ts';

/** More than this at once are refused. */
const MOST = 16;

export class Mailbox {
  private asks: Ask[] = [];

  /** Leaves a request. False when the mailbox is full; a stop always fits. */
  put(ask: Ask): boolean {
    // Nothing that could lead to heat outlives a stop; an acknowledgement that was answered for does.
    if (ask.kind === 'stop') this.asks = [ask, ...this.asks.filter(isNeutral)];
    else if (this.asks.length < MOST) this.asks.push(ask);
    else return false;
    return true;
  }

  take(): Ask | null {
    return this.asks.shift() ?? null;
  }

  get holdsArm(): boolean {
    return this.asks.length > 0 && this.asks.some(isArm);
  }
}

const isArm = ({ kind }: Ask): boolean => kind === 'arm';
const isNeutral = ({ kind }: Ask): boolean => kind === 'acknowledge' || kind === 'reset';
