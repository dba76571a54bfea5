/**
 * End-to-end repair: records that a broker lost are requested from the device, which keeps its history. One question at a
 * time and at most four a second for each device; after silence or a refusal there is a pause, which grows. Records that a
 * device no longer has are noted and never requested again; a device with a new stream is not asked for the old one.
 */
import type { Control, Reply } from './control.ts';
import { Database } from './database.ts';
import { causeOf } from './error.ts';
import { type Expected, end, type Gap, gone, look, mayRepair } from './gaps.ts';
import { type FleetRecord, joined, MOST_PARTS, note, partOf, type Rejected, recordOf } from './intake.ts';
import type { Writer } from './writer.ts';

export interface RepairOptions {
  readonly url: string;
  readonly writer: Writer;
  readonly control: Pick<Control, 'up' | 'history'>;
  /** Between two looks for gaps, ms: one that is there at both is repaired. */
  readonly lookMs?: number;
  readonly say?: (text: string) => void;
}

const LOOK_MS = 6000;
const PACE_MS = 250;
const MOST_RECORDS = 400;
const LEAST_REST_MS = 5000;
const MOST_REST_MS = 300_000;
/** Devices that are asked at the same time. */
const MOST_DEVICES = 16;

/** What a device answers when it is asked for records after a number. */
interface Piece {
  readonly stream: string;
  readonly newest: number;
  readonly records: readonly FleetRecord[];
  /** Up to here the answer tells all that there is. */
  readonly last: number;
  readonly rejected: readonly Rejected[];
}

interface Device {
  expected: Expected | null;
  online: boolean;
  busy: boolean;
  askedAt: number;
  restUntil: number;
  restMs: number;
  /** Why it refuses to repeat records; told once, until it gives some. */
  refusal: string | null;
}

export class Repair {
  /** Records that a device sent again, and numbers that it no longer has. */
  readonly counts = { repaired: 0, absent: 0 };
  private readonly database: Database;
  private readonly devices = new Map<string, Device>();
  private timer: NodeJS.Timeout | null = null;
  private looking: Promise<void> | null = null;
  private closed = false;

  constructor(private readonly options: RepairOptions) {
    this.database = new Database(options.url, async () => {});
  }

  open(): void {
    const lookMs = this.options.lookMs ?? LOOK_MS;
    this.timer = setInterval(() => {
      this.looking ??= this.pass()
        .catch((error: unknown) => {
          if (!this.closed) this.options.say?.(`The search for gaps failed and is tried again: ${causeOf(error)}`);
        })
        .finally(() => {
          this.looking = null;
        });
    }, lookMs);
  }

  /** Takes a retained value of a device: whether it is online, and the newest record of its history. */
  heard(name: string, topic: string, value: unknown): void {
    const device = this.device(name);
    if (topic === 'avail') {
      const isBack = value === 'online' && !device.online;
      device.online = value === 'online';
      if (isBack) device.restUntil = 0;
    }
    if (topic !== 'state') return;
    const { stream, seq } = ((value as { history?: unknown } | null)?.history ?? {}) as Record<string, unknown>;
    const isNamed = typeof stream === 'string' && /^[\x21-\x7e]{1,64}$/.test(stream);
    if (isNamed && Number.isSafeInteger(seq) && (seq as number) >= 0)
      device.expected = { device: name, stream, seq: seq as number };
  }

  async close(): Promise<void> {
    this.closed = true;
    if (this.timer) clearInterval(this.timer);
    await this.database.close();
    await this.looking;
  }

  private async pass(): Promise<void> {
    const expected = [...this.devices.values()].flatMap((device) => device.expected ?? []);
    const gaps = await this.database.transact(async (client) => {
      if (!(await mayRepair(client))) return [];
      return look(client, expected);
    });
    if (!this.options.control.up) return;
    for (const name of new Set(gaps.map((gap) => gap.device))) {
      const device = this.device(name);
      const running = [...this.devices.values()].filter(({ busy }) => busy).length;
      if (device.busy || !device.online || performance.now() < device.restUntil || running >= MOST_DEVICES) continue;
      device.busy = true;
      const own = gaps.filter((gap) => gap.device === name);
      void this.fill(device, own)
        .catch((error: unknown) => {
          this.rest(device);
          if (!this.closed) this.options.say?.(`The repair of ${name} failed and is tried again: ${causeOf(error)}`);
        })
        .finally(() => {
          device.busy = false;
        });
    }
  }

  /** Asks for all gaps of a device, in their order, until one has no answer. */
  private async fill(device: Device, gaps: readonly Gap[]): Promise<void> {
    for (const gap of gaps) {
      if (!(await this.fillOne(device, gap))) return;
    }
  }

  private async fillOne(device: Device, gap: Gap): Promise<boolean> {
    for (let after = gap.from - 1; after < gap.to && !this.closed; ) {
      const piece = await this.ask(device, gap, after);
      if (piece === null) {
        this.rest(device);
        return false;
      }
      device.restMs = LEAST_REST_MS;
      if (piece.stream !== gap.stream) {
        await this.database.transact((client) => end(client, gap.device, gap.stream));
        return true;
      }
      const { records, rejected } = piece;
      await this.options.writer.put(`remix/1/${gap.device}/tele`, { records, parts: [], rejected });
      this.counts.repaired += records.filter(({ seq }) => seq <= gap.to).length;
      // Nothing after the last record of this answer is known, but when there is no record at all.
      const last = Math.min(piece.last, gap.to);
      this.counts.absent += await this.database.transact((client) =>
        gone(client, { ...gap, from: after + 1, to: last }, piece.newest),
      );
      after = last;
    }
    return true;
  }

  /** One checked answer; null for silence, a refusal or an invalid answer. */
  private async ask(device: Device, gap: Gap, after: number): Promise<Piece | null> {
    const limit = Math.min(MOST_RECORDS, gap.to - after);
    const reply = await this.question(device, gap.device, { after_seq: after, limit });
    const data = dataOf(reply);
    if (data === null) return null;
    const { stream, newest } = data;
    if (stream !== gap.stream) return { stream, newest, records: [], last: after, rejected: [] };
    if (data.long !== null) return this.long(device, gap, after, data.long, newest);
    const topic = `remix/1/${gap.device}/rsp`;
    const records: FleetRecord[] = [];
    const rejected: Rejected[] = [];
    let last = after;
    for (const value of data.records) {
      const seq = (value as { seq?: unknown } | null)?.seq;
      // An answer out of order says nothing about the numbers in between.
      if (!Number.isSafeInteger(seq) || (seq as number) <= last) return null;
      last = seq as number;
      const record = recordOf(gap.device, stream, value);
      if (typeof record !== 'string') records.push(record);
      else rejected.push(note(topic, record, 0, JSON.stringify(value).slice(0, 400)));
    }
    if (data.records.length === 0) last = gap.to;
    return { stream, newest, records, last, rejected };
  }

  /** A record that is too long for one answer, part after part. */
  private async long(device: Device, gap: Gap, after: number, first: unknown, newest: number): Promise<Piece | null> {
    const literals: string[] = [];
    let said = first;
    for (let n = 1; n <= MOST_PARTS; n += 1) {
      const part = partOf(gap.device, gap.stream, (said ?? {}) as Record<string, unknown>);
      if (typeof part === 'string' || part.part !== n || part.seq <= after) return null;
      literals.push(part.literal);
      if (n === part.parts) {
        const record = joined(gap.device, gap.stream, part.seq, literals);
        const isGood = typeof record !== 'string';
        const rejected = isGood ? [] : [note(`remix/1/${gap.device}/rsp`, record, 0, literals[0] ?? '')];
        return { stream: gap.stream, newest, records: isGood ? [record] : [], last: part.seq, rejected };
      }
      const reply = await this.question(device, gap.device, { after_seq: after, limit: 1, part: n + 1 });
      said = dataOf(reply)?.long;
    }
    return null;
  }

  private async question(
    device: Device,
    name: string,
    fields: Readonly<Record<string, unknown>>,
  ): Promise<Reply | null> {
    const wait = device.askedAt + PACE_MS - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    device.askedAt = performance.now();
    const reply = await this.options.control.history(name, fields);
    this.tell(device, name, reply);
    return reply;
  }

  /** Repairs that are denied leave holes for ever: that must be said. */
  private tell(device: Device, name: string, reply: Reply | null): void {
    if (reply !== null && reply.code < 300) device.refusal = null;
    const why = refusalOf(reply);
    if (why === null || why === device.refusal || this.closed) return;
    device.refusal = why;
    this.options.say?.(`The repair of ${name} does not work; its missing records stay missing until it does. ${why}`);
  }

  private rest(device: Device): void {
    device.restUntil = performance.now() + device.restMs;
    device.restMs = Math.min(MOST_REST_MS, 2 * device.restMs);
  }

  private device(name: string): Device {
    const known = this.devices.get(name);
    if (known) return known;
    const device = {
      expected: null,
      online: false,
      busy: false,
      askedAt: 0,
      restUntil: 0,
      restMs: LEAST_REST_MS,
      refusal: null,
    };
    this.devices.set(name, device);
    return device;
  }
}

/** Cause and remedy of a question that cannot succeed as it is; null for an answer, and for a device that is busy. */
function refusalOf(reply: Reply | null): string | null {
  if (reply === null) {
    const cause = 'the device does not answer, or the broker does not deliver its answers to this client';
    return `Cause: ${cause}. Remedy: set --client to the common name of the certificate.`;
  }
  if (reply.code < 400 || reply.code === 429) return null;
  const remedy =
    reply.code === 403
      ? 'set --client to the common name of the certificate, and give it the role see (fleet/make-broker --person)'
      : 'read the events of the device (remixd remote tail)';
  return `Cause: ${reply.code} ${reply.text}. Remedy: ${remedy}.`;
}

/** The data of a good answer; only its shape has been checked. */
function dataOf(
  reply: Reply | null,
): { stream: string; newest: number; records: readonly unknown[]; long: unknown } | null {
  if (reply === null || reply.code >= 300 || typeof reply.data !== 'object' || reply.data === null) return null;
  const { stream, newest, records, long = null } = reply.data as Record<string, unknown>;
  if (typeof stream !== 'string' || !Number.isSafeInteger(newest) || !Array.isArray(records)) return null;
  return { stream, newest: newest as number, records, long };
}
