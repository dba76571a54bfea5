/** A collector as small as possible: hears records, joins parts, and counts what is missing, repeated or out of order. */
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';

export interface Heard {
  readonly seq: number;
  readonly wall_ms: number | null;
}

interface Payload {
  readonly stream: string;
  readonly records?: readonly Heard[];
  readonly seq?: number;
  readonly part?: number;
  readonly parts?: number;
}

/** Counts records by (stream, seq), in the order of their arrival. */
export class Tally {
  /** Records that came again. */
  repeated = 0;
  /** Records that came for the first time after a later one of their stream. */
  disorder = 0;
  /** Different records. */
  count = 0;
  private readonly streams = new Map<string, { seen: Set<number>; newest: number }>();
  private readonly parts = new Map<string, Set<number>>();

  /** Takes a message of `tele`, `evt` or a repair. Returns the records that were new, with their wall time. */
  take(text: string): readonly Heard[] {
    const { stream, records, seq, part, parts } = JSON.parse(text) as Payload;
    if (records) return records.filter((record) => this.note(stream, record.seq));
    if (seq === undefined || part === undefined) return [];
    const key = `${stream} ${seq}`;
    const have = this.parts.get(key) ?? new Set<number>();
    this.parts.set(key, have.add(part));
    if (have.size !== parts) return [];
    this.parts.delete(key);
    return this.note(stream, seq) ? [{ seq, wall_ms: null }] : [];
  }

  /** True when the record is new. */
  note(stream: string, seq: number): boolean {
    const of = this.streams.get(stream) ?? { seen: new Set<number>(), newest: 0 };
    this.streams.set(stream, of);
    if (of.seen.has(seq)) {
      this.repeated += 1;
      return false;
    }
    of.seen.add(seq);
    this.count += 1;
    if (seq < of.newest) this.disorder += 1;
    of.newest = Math.max(of.newest, seq);
    return true;
  }

  /** Takes a record that was asked for; what is known already is no repeat, and late is no disorder. */
  recovered(stream: string, seq: number): void {
    const seen = this.streams.get(stream)?.seen;
    if (!seen || seen.has(seq)) return;
    seen.add(seq);
    this.count += 1;
  }

  /** Numbers of a stream up to `to` that never came. */
  missing(stream: string, to: number): number[] {
    const seen = this.streams.get(stream)?.seen;
    const list: number[] = [];
    for (let seq = 1; seq <= to; seq += 1) if (!seen?.has(seq)) list.push(seq);
    return list;
  }

  newest(stream: string): number {
    return this.streams.get(stream)?.newest ?? 0;
  }

  streamNames(): string[] {
    return [...this.streams.keys()];
  }
}

/** A client that tallies all that comes on its topics; with a session that the broker keeps while either is away. */
export class Consumer {
  readonly client: MqttClient;
  /** Told of the records of each message that were new. */
  onNew: (records: readonly Heard[]) => void = () => {};

  constructor(
    url: string,
    topics: readonly string[],
    options: IClientOptions = {},
    readonly tally = new Tally(),
  ) {
    this.client = mqtt.connect(url, {
      clientId: 'consumer',
      clean: false,
      protocolVersion: 4,
      reconnectPeriod: 200,
      ...options,
    });
    this.client.on('connect', () => this.client.subscribe([...topics], { qos: 1 }));
    this.client.on('error', () => {});
    this.client.on('message', (_topic, payload) => this.onNew(this.tally.take(payload.toString('utf8'))));
  }

  /** Goes without a word; its session stays with the broker. */
  leave(): void {
    this.client.end(true);
  }

  comeBack(): void {
    this.client.reconnect();
  }

  close(): void {
    this.client.end(true);
  }
}
