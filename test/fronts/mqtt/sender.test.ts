import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { messagesOf, type Outbox, type Publisher, Sender } from '../../../src/fronts/mqtt/sender.ts';
import { MOST_BYTES, topics } from '../../../src/params/mqtt.ts';
import { pageOf, type SentRecord } from '../../../src/params/pages.ts';

const NAMES = topics('bench');
const record = (seq: number, kind = 'sample', body: Record<string, unknown> = { tc_c: 25 }): SentRecord => ({
  seq,
  stream: 's1',
  boot: 'b1',
  kind,
  monoUs: seq * 1e6,
  wallMs: null,
  clock: 'none',
  body,
});

class FakeOutbox implements Outbox {
  at = 0;
  constructor(readonly records: readonly SentRecord[]) {}
  read = ({ afterSeq, limit }: { afterSeq: number; limit: number }) =>
    Promise.resolve(this.records.filter(({ seq }) => seq > afterSeq).slice(0, limit));
  cursor = () => this.at;
  moveCursor = (seq: number) => {
    expect(seq).toBeGreaterThan(this.at);
    this.at = seq;
  };
}

/** A broker that acknowledges, loses, or is cut off; `delivered` also counts what was not acknowledged. */
class FakeLink implements Publisher {
  up = true;
  readonly delivered: { topic: string; payload: string }[] = [];
  constructor(private readonly fate: () => 'ack' | 'lost' | 'unacknowledged') {}
  publish = (topic: string, payload: string, _options: unknown, done: (sent: boolean) => void): void => {
    const fate = this.fate();
    if (fate !== 'lost') this.delivered.push({ topic, payload });
    setImmediate(() => done(fate === 'ack'));
  };
}

interface Payload {
  records?: { seq: number; kind: string; body: Record<string, unknown> }[];
  seq?: number;
  part?: number;
  parts?: number;
  text?: string;
}

/** What a consumer has after it has thrown repeats away and joined the parts. */
function received(link: FakeLink): { seqs: number[]; bodies: Map<number, unknown> } {
  const bodies = new Map<number, unknown>();
  const parts = new Map<number, string[]>();
  for (const { payload } of link.delivered) {
    const message = JSON.parse(payload) as Payload;
    for (const { seq, body } of message.records ?? []) bodies.set(seq, body);
    if (message.seq !== undefined) {
      const list = parts.get(message.seq) ?? [];
      parts.set(message.seq, list);
      list[(message.part ?? 1) - 1] = message.text ?? '';
      if (list.filter((text) => text !== undefined).length === message.parts) {
        bodies.set(message.seq, (JSON.parse(list.join('')) as { body: unknown }).body);
      }
    }
  }
  return { seqs: [...bodies.keys()].sort((a, b) => a - b), bodies };
}

describe('store and forward', () => {
  it('sends everything in its order, events and telemetry on their topics, and moves the cursor behind it', async () => {
    const outbox = new FakeOutbox([
      record(1),
      record(2),
      record(3, 'event'),
      record(4, 'time_sync'),
      record(5, 'period'),
    ]);
    const link = new FakeLink(() => 'ack');
    await new Sender(outbox, link, NAMES).drain();
    expect(link.delivered.map(({ topic }) => topic)).toEqual([NAMES.tele, NAMES.evt, NAMES.tele]);
    expect(received(link).seqs).toEqual([1, 2, 3, 4, 5]);
    expect(outbox.at).toBe(5);
  });

  it('never moves the cursor past a message that was not acknowledged', async () => {
    const outbox = new FakeOutbox([record(1), record(2, 'event'), record(3), record(4, 'event')]);
    let count = 0;
    const link = new FakeLink(() => {
      count += 1;
      return count === 3 ? 'unacknowledged' : 'ack';
    });
    await new Sender(outbox, link, NAMES).drain();
    expect(outbox.at).toBe(2);
  });

  it('cuts what is too long for a broker into parts, and counts it when the last has arrived', async () => {
    const long = { rows: Array.from({ length: 9000 }, (_, i) => i) };
    const records = [record(1), record(2, 'dump', long), record(3)];
    for (const { payload } of messagesOf(records, NAMES)) expect(payload.length).toBeLessThan(16_384);
    for (let failing = 1; failing <= 6; failing += 1) {
      const outbox = new FakeOutbox(records);
      let count = 0;
      const link = new FakeLink(() => {
        count += 1;
        return count === failing ? 'lost' : 'ack';
      });
      const sender = new Sender(outbox, link, NAMES);
      await sender.drain();
      if (failing > 1 && failing <= messagesOf(records, NAMES).length - 1) expect(outbox.at).toBe(1);
      await sender.drain();
      expect(outbox.at).toBe(3);
      expect(received(link).bodies.get(2)).toEqual(long);
    }
  });

  it('loses nothing and repeats only what was not acknowledged, whatever the link does', async () => {
    const kinds = fc.constantFrom('sample', 'event', 'period');
    const sizes = fc.array(fc.tuple(kinds, fc.integer({ min: 1, max: 30_000 })), { minLength: 1, maxLength: 40 });
    const fates = fc.infiniteStream(fc.constantFrom('ack', 'ack', 'ack', 'lost', 'unacknowledged'));
    await fc.assert(
      fc.asyncProperty(sizes, fates, async (list, stream) => {
        const records = list.map(([kind, size], i) => record(i + 1, kind, { text: 'x'.repeat(size) }));
        const outbox = new FakeOutbox(records);
        const link = new FakeLink(() => stream.next().value as 'ack');
        const sender = new Sender(outbox, link, NAMES);
        for (let round = 0; round < 2000 && outbox.at < records.length; round += 1) await sender.drain();
        expect(outbox.at).toBe(records.length);
        const { seqs, bodies } = received(link);
        expect(seqs).toEqual(records.map(({ seq }) => seq));
        for (const { seq, body } of records) expect(bodies.get(seq)).toEqual(body);
      }),
      { numRuns: 60 },
    );
  });

  it('waits while the link is down, and does one thing at a time', async () => {
    const outbox = new FakeOutbox([record(1)]);
    const link = new FakeLink(() => 'ack');
    const sender = new Sender(outbox, link, NAMES);
    link.up = false;
    await sender.drain();
    expect(link.delivered).toEqual([]);
    link.up = true;
    await Promise.all([sender.drain(), sender.drain()]);
    expect(link.delivered).toHaveLength(1);
  });
});

describe('a page of the history', () => {
  it('holds as many whole records as fit, in the form in which they are sent', () => {
    const long = 'x'.repeat(3000);
    const records = Array.from({ length: 10 }, (_, i) => record(i + 1, 'sample', { long }));
    const page = pageOf(records, 1);
    expect(page.records).toHaveLength(3);
    expect(page.records[0]).toEqual({
      seq: 1,
      boot: 'b1',
      kind: 'sample',
      mono_us: 1e6,
      wall_ms: null,
      clock: 'none',
      body: { long },
    });
    expect(JSON.stringify(page).length).toBeLessThan(MOST_BYTES);
    expect(pageOf([], 1)).toEqual({ records: [] });
  });

  it('gives a record that is too long in parts that make it whole again', () => {
    const big = record(5, 'dump', { rows: '"\\'.repeat(10_000) });
    const first = pageOf([big, record(6)], 1).long!;
    const parts = Array.from({ length: first.parts }, (_, i) => pageOf([big], i + 1).long!.text);
    expect(JSON.parse(parts.join(''))).toMatchObject({ seq: 5, body: big.body });
    expect(pageOf([record(4), big], 1).records).toHaveLength(1);
    expect(pageOf([big], first.parts + 1)).toEqual({ records: [] });
    for (const text of parts) expect(JSON.stringify(text).length).toBeLessThan(MOST_BYTES);
  });
});
