/** The service manager: told after each good tick that the controller is alive, and what state it is in. */
import type { Desk } from '../../desk/desk.ts';
import type { Snapshots } from '../../params/subscriber.ts';
import type { Front, FrontClock } from '../front.ts';
import type { Notifier } from './notify.ts';

export interface ServiceFront extends Front {
  /** The controller is about to end. */
  stopping(): void;
}

export function openService(desk: Desk, _snapshots: Snapshots, clock: FrontClock, notifier: Notifier): ServiceFront {
  // The socket belongs to the program: it must stay open until every output is low.
  return {
    words: null,
    tick: () => notifier.good(clock.mono(), desk.snapshot.kernel.name),
    stopping: () => notifier.stopping(),
    close: async () => {},
  };
}
