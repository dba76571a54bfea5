/** `messages.program`: a program of the people themselves gets each message as one line of JSON. */
import type { Delivery } from '../../params/messages.ts';
import { Child, endingText } from './child.ts';
import type { Outcome, Way } from './way.ts';

export class ProgramWay implements Way {
  readonly name = 'messages.program';
  private readonly child: Child;

  constructor(
    path: string,
    private readonly timeoutMs: number,
  ) {
    this.child = new Child(path, [], timeoutMs);
  }

  deliver(message: Delivery, done: (outcome: Outcome) => void): void {
    this.child.run(`${JSON.stringify(message)}\n`, (ending) => {
      const why = endingText(ending, this.timeoutMs);
      // Nobody knows what it did before it failed: a second start could wake people twice.
      done(why === null ? null : { why, again: false });
    });
  }

  abort(): void {
    this.child.kill();
  }
}
