/**
 * The connections of the page server. A new one is never refused, so that a stop always gets in. When there are too many, the oldest
 * one that has shown no token is closed; where all have shown one, the oldest of the token that holds most.
 */
import type { Server, Socket } from 'node:net';

/** Of all, of one address that has proven nothing, and of the holder of one token. */
const MOST = 160;
const MOST_OF_ADDRESS = 96;
const MOST_OF_HOLDER = 64;
/** Requests of one connection that wait for their answers. */
const MOST_UNDER_WAY = 32;

interface Connection {
  readonly key: string;
  readonly socket: Socket;
  readonly address: string;
  /** Name of its token; null = none was shown yet. */
  holder: string | null;
  underWay: number;
}

export class Connections {
  /** Oldest first. With TLS a request knows another socket of the same port. */
  private readonly all = new Map<string, Connection>();

  constructor(server: Server) {
    server.on('connection', (socket: Socket) => this.take(socket));
  }

  /** It has shown a token. */
  proven(socket: Socket, holder: string): void {
    const connection = this.all.get(keyOf(socket));
    if (!connection || connection.holder === holder) return;
    connection.holder = holder;
    const own = [...this.all.values()].filter((one) => one.holder === holder);
    if (own.length > MOST_OF_HOLDER) this.drop(own[0]);
  }

  /** A request of this connection began; false where it asks for more than it takes answers, which ends it. */
  begun(socket: Socket): boolean {
    const connection = this.all.get(keyOf(socket));
    if (!connection) return false;
    connection.underWay += 1;
    if (connection.underWay <= MOST_UNDER_WAY) return true;
    this.drop(connection);
    return false;
  }

  ended(socket: Socket): void {
    const connection = this.all.get(keyOf(socket));
    if (connection) connection.underWay -= 1;
  }

  /** Lets everybody go. */
  close(): void {
    for (const connection of this.all.values()) this.drop(connection);
  }

  private take(socket: Socket): void {
    const key = keyOf(socket);
    const address = socket.remoteAddress ?? '';
    const silent = [...this.all.values()].filter(({ holder }) => holder === null);
    const ofAddress = silent.filter((one) => one.address === address);
    if (ofAddress.length >= MOST_OF_ADDRESS) this.drop(ofAddress[0]);
    else if (this.all.size >= MOST) this.drop(silent[0] ?? this.oldestOfMost());
    const connection = { key, socket, address, holder: null, underWay: 0 };
    this.all.set(key, connection);
    socket.on('close', () => this.forget(connection));
  }

  private oldestOfMost(): Connection | undefined {
    const groups = new Map<string | null, Connection[]>();
    for (const one of this.all.values()) groups.set(one.holder, [...(groups.get(one.holder) ?? []), one]);
    return [...groups.values()].sort((a, b) => b.length - a.length)[0]?.[0];
  }

  private drop(connection: Connection | undefined): void {
    if (!connection) return;
    this.forget(connection);
    connection.socket.destroy();
  }

  /** The port of one that was dropped may be another one’s by the time it is closed. */
  private forget(connection: Connection): void {
    if (this.all.get(connection.key) === connection) this.all.delete(connection.key);
  }
}

const keyOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;
