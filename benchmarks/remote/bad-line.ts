/** A bad line between a device and its broker, on the loopback address: it can stall, lose packets, or be cut. */
import { connect, createServer, type Server, type Socket } from 'node:net';

/** MQTT packet types, as they stand in the first four bits of a packet. */
export const CONNECT = 1;
export const PUBACK = 4;
const SUBACK = 9;

const FIVE = 5;
const NOT_AUTHORIZED = 135;
/** What a broker of before MQTT 5 answers: unacceptable protocol version. */
const REFUSAL = Buffer.from([0x20, 0x02, 0x00, 0x01]);

export class BadLine {
  /** Half-open: connections are taken and kept, and no byte passes in any direction. What came meanwhile is gone. */
  stalled = false;
  /** Packets of the broker that get lost on their way, by type. */
  loses: (type: number) => boolean = () => false;
  /** Plays a broker that refuses what its access list denies, which mosquitto does in silence. */
  refusesSubscriptions = false;
  /** Plays a broker that speaks 3.1.1 only. */
  refusesFive = false;
  /** Connections so far. */
  count = 0;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly target: number,
  ) {
    server.on('connection', (device) => this.join(device));
  }

  /** @param target the broker’s port */
  static open(target: number): Promise<BadLine> {
    const server = createServer();
    const line = new BadLine(server, target);
    return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(line)));
  }

  get url(): string {
    const address = this.server.address();
    return `mqtt://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
  }

  /** Ends all connections, as a line does that breaks; new ones are taken. */
  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.cut();
    await closed;
  }

  private join(device: Socket): void {
    this.count += 1;
    const broker = connect(this.target, '127.0.0.1');
    // A connection that was stalled once has lost bytes: it never comes back to life.
    let dead = this.stalled;
    const passes = (): boolean => {
      dead ||= this.stalled;
      return !dead;
    };
    for (const [socket, other] of [
      [device, broker],
      [broker, device],
    ] as const) {
      this.sockets.add(socket);
      // Two Nagles in a row would cost 40 ms an answer, and they are not the line that is tested.
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.on('close', () => {
        this.sockets.delete(socket);
        // What was said last still arrives. The end of a connection does not pass a half-open line either.
        if (passes()) other.end();
      });
    }
    const asked = new Packets();
    device.on('data', (data) => {
      if (!passes()) return;
      for (const packet of asked.push(data)) {
        if (this.refusesFive && versionOf(packet) === FIVE) device.end(REFUSAL);
        else broker.write(packet);
      }
    });
    const answered = new Packets();
    broker.on('data', (data) => {
      if (!passes()) return;
      for (const packet of answered.push(data)) {
        if (this.loses(typeOf(packet))) continue;
        // The last byte is the code of the last subscription.
        if (this.refusesSubscriptions && typeOf(packet) === SUBACK)
          packet.writeUInt8(NOT_AUTHORIZED, packet.length - 1);
        device.write(packet);
      }
    });
  }
}

const typeOf = (packet: Buffer): number => (packet[0] ?? 0) >> 4;

/** The protocol level of a CONNECT packet; null for all others. */
function versionOf(packet: Buffer): number | null {
  if (typeOf(packet) !== CONNECT) return null;
  const name = packet.indexOf('MQTT');
  return name < 0 ? null : (packet[name + 4] ?? null);
}

/** Cuts a stream of bytes into MQTT packets. */
class Packets {
  private rest: Buffer = Buffer.alloc(0);

  *push(data: Buffer): Generator<Buffer> {
    this.rest = this.rest.length === 0 ? data : Buffer.concat([this.rest, data]);
    for (let end = endOf(this.rest); end <= this.rest.length; end = endOf(this.rest)) {
      yield this.rest.subarray(0, end);
      this.rest = this.rest.subarray(end);
    }
  }
}

/** Where the first packet ends; infinite while its length is not known yet. */
function endOf(bytes: Buffer): number {
  let length = 0;
  for (let i = 1; i < 5; i += 1) {
    const byte = bytes[i];
    if (byte === undefined) break;
    length += (byte & 0x7f) * 128 ** (i - 1);
    if (byte < 0x80) return 1 + i + length;
  }
  return Number.POSITIVE_INFINITY;
}
