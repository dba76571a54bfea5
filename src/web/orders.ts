/** Orders on their way to the desk: each is handed on once, and the one who asked waits for the answer. */
import { randomInt } from 'node:crypto';
import type { Answer } from '../params/answers.ts';
import { type CommandName, isStop } from '../params/commands.ts';
import type { Asker, FromServer } from '../params/page.ts';

/** More orders than this do not wait at a time, of one token and of all; a stop is always handed on. */
const MOST_OF_ONE = 4;
const MOST_WAITING = 32;
/** Stops that are handed on before one of them is answered. */
const MOST_STOPS = 16;
/** The controller answers between two ticks; what takes longer is work beside it, as an examination. ms */
const LONGEST_MS = 65_000;

export class Orders {
  /** Stops under way, and the one that goes out next. */
  private readonly stops = new Set<Promise<Answer>>();
  private nextStop: Promise<Answer> | null = null;
  private readonly waiting = new Map<number, { readonly by: string; readonly tell: (answer: Answer) => void }>();
  /** A server that was started again does not count from the same number: a late answer must find nobody. */
  private number = randomInt(2 ** 40);

  constructor(private readonly send: (message: FromServer) => void) {}

  submit(command: CommandName, args: unknown, asker: Asker): Promise<Answer> {
    const ofOne = [...this.waiting.values()].filter(({ by }) => by === asker.name).length;
    if ((ofOne >= MOST_OF_ONE || this.waiting.size >= MOST_WAITING) && !isStop(command))
      return Promise.resolve({ code: 429, text: 'Too many commands wait for an answer; ask again.' });
    const ask = (): Promise<Answer> => this.ask(asker.name, (id) => ({ kind: 'order', id, command, args, asker }));
    return isStop(command) ? this.stop(ask) : ask();
  }

  /**
   * Each stop is handed on at once, or where very many are under way together with others: then one more goes out as soon as one
   * of those is answered, so that none is taken for one that was sent before it came.
   */
  private stop(ask: () => Promise<Answer>): Promise<Answer> {
    if (this.stops.size < MOST_STOPS) return this.handOn(ask);
    this.nextStop ??= Promise.race(this.stops).then(() => {
      this.nextStop = null;
      return this.handOn(ask);
    });
    return this.nextStop;
  }

  private handOn(ask: () => Promise<Answer>): Promise<Answer> {
    const stop = ask();
    this.stops.add(stop);
    void stop.then(() => this.stops.delete(stop));
    return stop;
  }

  /** The state as Prometheus reads it, in the text of the answer. */
  metrics(): Promise<Answer> {
    if (this.waiting.size >= MOST_WAITING) return Promise.resolve({ code: 429, text: 'Too many questions wait.' });
    return this.ask('', (id) => ({ kind: 'metrics', id }));
  }

  private ask(by: string, message: (id: number) => FromServer): Promise<Answer> {
    this.number += 1;
    const id = this.number;
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.answer(id, {
          code: 503,
          text: 'The controller did not answer in time: look at the state before you ask again.',
        });
      }, LONGEST_MS);
      this.waiting.set(id, {
        by,
        tell: (answer) => {
          clearTimeout(timer);
          resolve(answer);
        },
      });
      this.send(message(id));
    });
  }

  answer(id: number, answer: Answer): void {
    this.waiting.get(id)?.tell(answer);
    this.waiting.delete(id);
  }
}
