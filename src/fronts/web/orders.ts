/**
 * What the page’s way asks of an order before it comes to the desk, as MQTT’s admission does: the same order is not carried out
 * twice, and one that could add heat names the nonce of the present state. Both are forgotten with the program: then the nonce
 * is another one, and everything else is refused by its revision or its number.
 */
import { type Desk, Later } from '../../desk/desk.ts';
import { Nonce } from '../../desk/nonce.ts';
import type { Answer } from '../../params/answers.ts';
import { type CommandName, commandRow, type Origin } from '../../params/commands.ts';
import { isObject } from '../../params/json.ts';
import type { Asker } from '../../params/page.ts';
import { REMEMBERED_ORDERS } from '../../params/web.ts';

export class WebOrders {
  private readonly nonces: Nonce;
  private readonly given = new Map<string, Promise<Answer>>();

  constructor(
    private readonly desk: Desk,
    newNonce: () => string,
  ) {
    this.nonces = new Nonce(desk, newNonce);
  }

  /** Of the present state. */
  get nonce(): string {
    return this.nonces.now;
  }

  /** Carries an order out, or says why not; never rejects. */
  take(name: CommandName, body: unknown, { name: by, roles }: Asker): Promise<Answer> {
    const origin: Origin = { via: 'page', by, proven: true, roles };
    const { heat, kind } = commandRow(name);
    if (heat === 'removes') return settled(this.desk.submit(name, {}, origin));
    const { id, nonce, ...args } = isObject(body) ? body : {};
    const key = kind === 'act' && typeof id === 'string' && id.length <= 64 ? `${by}/${name}/${id}` : null;
    const before = key === null ? undefined : this.given.get(key);
    if (before) return before;
    const answer = heat === 'adds' && nonce !== this.nonce ? this.stale(name, origin) : this.submit(name, args, origin);
    if (key !== null) this.remember(key, answer);
    // What was refused for its rate alone may be asked again under the same name.
    void answer.then(({ code }) => {
      if (key !== null && code === 429) this.given.delete(key);
    });
    return answer;
  }

  private stale(name: CommandName, origin: Origin): Promise<Answer> {
    const text = 'The state has changed since the page showed it; look at it and ask again.';
    return Promise.resolve(this.desk.refuse(name, origin, { code: 410, text }));
  }

  private submit(name: CommandName, args: unknown, origin: Origin): Promise<Answer> {
    return settled(this.desk.submit(name, args, origin));
  }

  private remember(key: string, answer: Promise<Answer>): void {
    this.given.set(key, answer);
    for (const oldest of this.given.keys()) {
      if (this.given.size <= REMEMBERED_ORDERS) break;
      this.given.delete(oldest);
    }
  }
}

const settled = (outcome: ReturnType<Desk['submit']>): Promise<Answer> =>
  (outcome instanceof Later ? outcome.final : Promise.resolve(outcome)).catch(
    (error: Error): Answer => ({ code: 503, text: error.message }),
  );
