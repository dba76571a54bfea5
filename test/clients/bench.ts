/** What both clients are tried before: a real page server and desk that go on by themselves, behind a link that can fail. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebBench } from '../web/bench.ts';
import { RoughLink } from './rough.ts';

export class ClientBench {
  readonly web: WebBench;
  link!: RoughLink;
  private timer: NodeJS.Timeout | undefined;

  constructor(...given: ConstructorParameters<typeof WebBench>) {
    this.web = new WebBench(...given);
  }

  async open(): Promise<void> {
    await this.web.open();
    this.link = await RoughLink.before(this.web.port);
    this.timer = setInterval(() => void this.web.tick(), 20);
    await this.web.tick();
  }

  /** The controller hangs: the page server goes on without it. */
  pause(): void {
    clearInterval(this.timer);
  }

  async close(): Promise<void> {
    this.pause();
    await this.link.close();
    await this.web.close();
  }

  /** How often the bench was stopped, and what else it was asked. */
  get stops(): number {
    return this.web.bench.asked.filter((asked) => asked === 'stop').length;
  }

  /** So many events, one after the other. */
  tell(many: number): void {
    for (let n = 0; n < many; n += 1) this.web.bench.desk.note('note', 'test', `number ${n}`);
  }
}

/** Numbers that are missing or twice between the first and the last. */
export const gapsIn = (seqs: readonly number[]): number[] =>
  seqs.filter((seq, i) => i > 0 && seq !== (seqs[i - 1] ?? 0) + 1);

interface Busy {
  readonly url: string;
  /** Requests so far. */
  readonly asked: () => number;
  readonly close: () => void;
}
/** A server that answers with these codes, then with 200. */
export async function busy(statuses: readonly number[], retryAfterS = 1): Promise<Busy> {
  let asked = 0;
  const server = createServer((request, response) => {
    request.resume();
    const status = statuses[asked] ?? 200;
    asked += 1;
    response.writeHead(status, { 'content-type': 'application/json', 'retry-after': String(retryAfterS) });
    response.end(JSON.stringify({ code: status, text: status === 200 ? 'Done.' : 'Wait.' }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked: () => asked,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
