/** Orders on their way to the desk: each is handed on once, and the one who asked waits for the answer. */
import type { Answer } from '../params/answers.ts';
import type { CommandName } from '../params/commands.ts';
import type { Asker, FromServer } from '../params/page.ts';

/** More orders than this do not wait at a time; a stop is always handed on. */
const MOST_WAITING = 64;
/** The controller answers between two ticks; what takes longer is work beside it, as an examination. ms */
const LONGEST_MS = 65_000;

export class Orders {
  private readonly waiting = new Map<number, (answer: Answer) => void>();
  private number = 0;

  constructor(private readonly send: (message: FromServer) => void) {}

  submit(command: CommandName, args: unknown, asker: Asker): Promise<Answer> {
    if (this.waiting.size >= MOST_WAITING && command !== 'stop')
      return Promise.resolve({ code: 429, text: 'Too many commands wait for an answer; ask again.' });
    return this.ask((id) => ({ kind: 'order', id, command, args, asker }));
  }

  /** The state as Prometheus reads it, in the text of the answer. */
  metrics(): Promise<Answer> {
    if (this.waiting.size >= MOST_WAITING) return Promise.resolve({ code: 429, text: 'Too many questions wait.' });
    return this.ask((id) => ({ kind: 'metrics', id }));
  }

  private ask(message: (id: number) => FromServer): Promise<Answer> {
    this.number += 1;
    const id = this.number;
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.answer(id, {
          code: 503,
          text: 'The controller did not answer in time: look at the state before you ask again.',
        });
      }, LONGEST_MS);
      this.waiting.set(id, (answer) => {
        clearTimeout(timer);
        resolve(answer);
      });
      this.send(message(id));
    });
  }

  answer(id: number, answer: Answer): void {
    this.waiting.get(id)?.(answer);
    this.waiting.delete(id);
  }
}
