/** What watchers are sent: numbered events without a hole, the newest state, and what is gone said as such. */
import { get, type IncomingMessage } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PageEvent } from '../../src/params/page.ts';
import { API } from '../../src/params/web.ts';
import { Hub, MOST_EACH, MOST_EVENTS } from '../../src/web/hub.ts';
import { WebBench } from './bench.ts';

const event = (seq: number): PageEvent => ({
  seq,
  mono_s: seq,
  wall_s: null,
  run: 1,
  kind: 'note',
  code: 'x',
  text: `event ${seq}`,
});
const events = (from: number, to: number): PageEvent[] =>
  Array.from({ length: to - from + 1 }, (_, i) => event(from + i));

/** A response that takes what it is given, or says that it is full. */
class FakeResponse {
  text = '';
  isFull = false;
  isEnded = false;
  private readonly listeners = new Map<string, () => void>();
  get writableNeedDrain(): boolean {
    return this.isFull;
  }
  write(piece: string): void {
    this.text += piece;
  }
  on(name: string, listener: () => void): void {
    this.listeners.set(name, listener);
  }
  fire(name: string): void {
    this.listeners.get(name)?.();
  }
  end(): void {
    this.isEnded = true;
  }
  destroy(): void {
    this.isEnded = true;
  }
  /** What was sent so far: the kind of each message with the number of an event, or the bounds of a gap. */
  get said(): string[] {
    return this.text
      .split('\n\n')
      .filter((one) => /^event: /m.test(one))
      .map((one) => {
        const kind = /^event: (\w+)$/m.exec(one)?.[1] ?? '';
        const data = JSON.parse(/^data: (.*)$/m.exec(one)?.[1] ?? '{}') as Record<string, number>;
        if (kind === 'event') return `event ${data['seq']}`;
        return kind === 'gap' ? `gap ${data['from']}..${data['to']}` : kind;
      });
  }
}

const ANN = { name: 'ann', roles: ['see'] as const };
const KNOWN = { asker: ANN, viaCookie: false, pass: { token: 'hash-1', session: null } };
let nowMs: number;
let hub: Hub;
beforeEach(() => {
  nowMs = 0;
  hub = new Hub('b1', () => nowMs);
});
const watch = (lastId: string | null): FakeResponse => {
  const response = new FakeResponse();
  hub.watch(response as never, KNOWN, lastId);
  return response;
};
const take = (some: readonly PageEvent[]): void => hub.take({ state: '{"seq":1}', events: some });

describe('a watcher', () => {
  it('that comes anew is sent the last 200 events and the state', () => {
    take(events(1, 300));
    const said = watch(null).said;
    expect(said[0]).toBe('event 101');
    expect(said.at(-2)).toBe('event 300');
    expect(said.at(-1)).toBe('state');
  });

  it('that comes back is sent exactly what came meanwhile', () => {
    take(events(1, 10));
    expect(watch('b1.7').said).toEqual(['event 8', 'event 9', 'event 10', 'state']);
    expect(watch('b1.10').said).toEqual(['state']);
  });

  it('that comes back after a restart of the controller begins anew', () => {
    take(events(1, 3));
    expect(watch('b0.9').said).toEqual(['event 1', 'event 2', 'event 3', 'state']);
  });

  it.each(['', 'b1', 'b1.', 'b1.-4', 'b1.1e3', 'b1.99999999999999999999', '....'])(
    'with the mark %j begins anew',
    (lastId) => {
      take(events(1, 2));
      expect(watch(lastId).said).toEqual(['event 1', 'event 2', 'state']);
    },
  );

  it('that slept for too long is told which events are gone', () => {
    take(events(1, MOST_EVENTS + 50));
    const said = watch('b1.10').said;
    expect(said.slice(0, 2)).toEqual(['gap 11..50', 'event 51']);
  });

  it('is told of events that were lost before they came here', () => {
    take(events(1, 2));
    const response = watch('b1.2');
    take([event(6)]);
    expect(response.said).toEqual(['state', 'gap 3..5', 'event 6', 'state']);
  });

  it('that reads slowly misses no event, and of the states has only the newest', () => {
    take([event(1)]);
    const response = watch(null);
    response.isFull = true;
    for (let seq = 2; seq <= 40; seq += 1) take([event(seq)]);
    expect(response.said).toEqual(['event 1', 'state']);
    response.isFull = false;
    response.fire('drain');
    expect(response.said.slice(2)).toEqual([...events(2, 40).map(({ seq }) => `event ${seq}`), 'state']);
  });

  it('of a server that was started again is told of no loss: neither who was there before, nor who comes anew', () => {
    const [before, anew] = [watch('b1.500'), watch(null)];
    take([event(501)]);
    for (const { text } of [before, anew]) {
      expect(text).toContain('id: b1.501');
      expect(text).not.toContain('event: gap');
    }
    take([event(510)]);
    expect(anew.text).toContain('{"from":502,"to":509}');
  });

  it('that takes nothing for a minute is let go, and one that takes is not', () => {
    take([event(1)]);
    const [stuck, well] = [watch(null), watch(null)];
    stuck.isFull = true;
    take([event(2)]);
    nowMs = 60_001;
    hub.beat();
    expect([stuck.isEnded, well.isEnded]).toEqual([true, false]);
    expect(well.text).toContain(': still here');
  });

  it('whose token was taken away is let go', () => {
    const response = watch(null);
    hub.keep(({ token }) => token !== 'hash-1');
    expect(response.isEnded).toBe(true);
  });

  it(`has room ${MOST_EACH} times for one token`, () => {
    for (let i = 0; i < MOST_EACH; i += 1) {
      expect(hub.hasRoom(ANN)).toBe(true);
      watch(null);
    }
    expect(hub.hasRoom(ANN)).toBe(false);
    expect(hub.hasRoom({ name: 'bob', roles: ['see'] })).toBe(true);
  });
});

describe('the stream over HTTP', () => {
  let web: WebBench;
  beforeEach(async () => {
    web = new WebBench();
    await web.open();
  });
  afterEach(() => web.close());

  /** Reads until `count` events came, then breaks off; returns their numbers and the last mark. */
  const read = (count: number, lastId: string | null): Promise<{ seqs: number[]; mark: string }> =>
    new Promise((resolve, reject) => {
      const headers = {
        authorization: `Bearer ${web.token('see')}`,
        ...(lastId !== null && { 'last-event-id': lastId }),
      };
      let text = '';
      const asked = get(
        { host: '127.0.0.1', port: web.port, path: `${API}/stream`, headers, agent: false },
        (response: IncomingMessage) => {
          response.on('data', (piece: Buffer) => {
            text += piece.toString('utf8');
            const marks = [...text.matchAll(/^id: (\S+)\nevent: event$/gm)].map(([, mark = '']) => mark);
            if (marks.length < count) return;
            asked.destroy();
            resolve({
              seqs: marks.slice(0, count).map((mark) => Number(mark.split('.')[1])),
              mark: marks[count - 1] ?? '',
            });
          });
          response.on('error', () => {});
        },
      );
      asked.on('error', reject);
    });

  it('goes on without a hole after the connection has broken', async () => {
    const say = async (n: number): Promise<void> => {
      for (let i = 0; i < n; i += 1) web.bench.desk.note('note', 'x', `said ${i}`);
      await web.tick();
    };
    await say(5);
    const first = await read(3, null);
    await say(5);
    const second = await read(7, first.mark);
    expect([...first.seqs, ...second.seqs]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });
});
