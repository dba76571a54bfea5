/** I2C and SPI transfers of the programs under test, put to the bench's own buses, and the ways in which they break. */
import { onSpi } from '../../../src/params/sensors.ts';
import type { Settings } from '../../../src/params/settings.ts';
import type { LiveBench } from './bench.ts';
import { ERRNO, Refusal } from './wire.ts';

type Reply = (result: number, body?: Buffer) => void;

interface Fault {
  readonly address: number | undefined;
  readonly errno: number;
  /** At the setting of the address, or at a transfer. */
  readonly at: 'address' | 'transfer';
  left: number;
}

interface Message {
  readonly address: number;
  readonly read: boolean;
  readonly length: number;
  readonly bytes: Buffer;
}

/** How long an adapter waits for a bus that does not move. */
const ADAPTER_TIMEOUT_MS = 1_000;

function messagesOf(body: Buffer): Message[] {
  const messages: Message[] = [];
  for (let at = 0; at < body.length; ) {
    const address = body.readUInt16LE(at);
    const read = body.readUInt16LE(at + 2) !== 0;
    const length = body.readUInt32LE(at + 4);
    at += 8;
    const bytes = read ? Buffer.alloc(0) : body.subarray(at, at + length);
    if (!read) at += length;
    messages.push({ address, read, length, bytes });
  }
  return messages;
}

export class I2cAdapter {
  readonly faults: Fault[] = [];
  /** Every n-th transfer that reads stands still for so many ms; every 0 = none. */
  hang = { every: 0, ms: 0 };
  transfers = 0;
  #reads = 0;
  /** One transfer at a time, as on any bus. */
  #busy = false;
  readonly #waiting: (() => void)[] = [];

  constructor(
    private readonly live: LiveBench,
    private readonly number: number,
  ) {}

  opens(path: string): void {
    if (path !== `/dev/i2c-${this.number}`) throw new Refusal(ERRNO.ENOENT);
  }

  setAddress(address: number): void {
    const errno = this.#fault('address', address);
    if (errno) throw new Refusal(errno);
  }

  transfer(body: Buffer, reply: Reply): void {
    const messages = messagesOf(Buffer.from(body));
    this.#queue((end) => {
      this.transfers += 1;
      const finish = () => {
        end();
        this.#carryOut(messages, reply);
      };
      if (messages.some(({ read }) => read)) {
        this.#reads += 1;
        if (this.hang.every > 0 && this.#reads % this.hang.every === 0) {
          setTimeout(finish, this.hang.ms);
          return;
        }
      }
      if (this.live.bench.i2c.hung) {
        setTimeout(() => {
          end();
          reply(-ERRNO.ETIMEDOUT);
        }, ADAPTER_TIMEOUT_MS);
        return;
      }
      finish();
    });
  }

  #queue(start: (end: () => void) => void): void {
    const run = () => {
      this.#busy = true;
      start(() => {
        this.#busy = false;
        this.#waiting.shift()?.();
      });
    };
    if (this.#busy) this.#waiting.push(run);
    else run();
  }

  #fault(at: Fault['at'], address: number): number {
    const fault = this.faults.find((f) => f.at === at && f.left > 0 && (f.address ?? address) === address);
    if (!fault) return 0;
    fault.left -= 1;
    return fault.errno;
  }

  #carryOut(messages: readonly Message[], reply: Reply): void {
    const [first, second] = messages;
    if (!first) {
      reply(-ERRNO.EINVAL);
      return;
    }
    const errno = this.#fault('transfer', first.address);
    if (errno) {
      reply(-errno);
      return;
    }
    const { i2c } = this.live.bench;
    if (!first.read && first.bytes.length === 1 && second?.read && second.address === first.address) {
      const into = Buffer.alloc(second.length);
      i2c.readBlock(first.address, first.bytes[0]!, into, (error) => reply(error ? -(error.errno ?? 5) : 0, into));
    } else if (!first.read && messages.length === 1) {
      i2c.write(first.address, first.bytes, (error) => reply(error ? -(error.errno ?? 5) : 0));
    } else {
      // Plain reads and longer chains are not used by any driver here.
      reply(-ERRNO.EINVAL);
    }
  }
}

const SPI_MODE_MASK = 3;

export class SpiController {
  readonly faults: Fault[] = [];
  transfers = 0;

  constructor(
    private readonly live: LiveBench,
    private readonly settings: Settings,
  ) {}

  opens(path: string): void {
    this.#device(path);
  }

  transfer(path: string, body: Buffer, reply: Reply): void {
    this.transfers += 1;
    const { port, modes } = this.#device(path);
    const fault = this.faults.find((f) => f.left > 0);
    if (fault) {
      fault.left -= 1;
      reply(-fault.errno);
      return;
    }
    if (port.fault === 'hang') {
      setTimeout(() => reply(-ERRNO.ETIMEDOUT), ADAPTER_TIMEOUT_MS);
      return;
    }
    const mode = body.readUInt32LE(0) & SPI_MODE_MASK;
    const answers: Buffer[] = [];
    // Chip select stays low from transfer to transfer unless a transfer asks for a change.
    let tx: Buffer[] = [];
    for (let at = 4; at < body.length; ) {
      const length = body.readUInt32LE(at);
      const change = body.readUInt32LE(at + 4) !== 0;
      tx.push(body.subarray(at + 8, at + 8 + length));
      at += 8 + length;
      if (!change && at < body.length) continue;
      const sent = Buffer.concat(tx);
      const rx = Buffer.alloc(sent.length);
      port.transfer(sent, rx, () => {});
      answers.push(modes.some((one) => one === mode) ? rx : halfABitLate(rx));
      tx = [];
    }
    reply(0, Buffer.concat(answers));
  }

  #device(path: string) {
    const { live, settings } = this;
    const prefix = `/dev/spidev${settings['spi.bus']}.`;
    const select = path.startsWith(prefix) ? Number(path.slice(prefix.length)) : -1;
    const device = onSpi(settings).find(({ at }) => at === select);
    if (device) return { port: live.bench.spi(device.sensor), modes: device.chip.modes };
    throw new Refusal(ERRNO.ENOENT);
  }
}

/** A master that samples on the wrong edge sees the frame shifted by one bit. */
function halfABitLate(bytes: Buffer): Buffer {
  const shifted = Buffer.alloc(bytes.length);
  for (let i = 0; i < bytes.length; i += 1) shifted[i] = (((bytes[i - 1] ?? 0) << 7) | (bytes[i]! >> 1)) & 0xff;
  return shifted;
}
