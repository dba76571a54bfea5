/** A link that fails as links do, before a real page server: bytes pass, or are swallowed, or the answer is, or all is cut. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export class RoughLink {
  private readonly server: Server;
  private readonly open = new Set<Socket>();
  /** So many connections that ask something from now on hear nothing; what they say reaches nobody. */
  mute = 0;
  /** So many requests from now on reach the server, and their answers nobody. */
  answersLost = 0;
  /** Connections that asked something so far. */
  taken = 0;

  private constructor(port: number) {
    this.server = createServer((near) => {
      this.keep(near);
      // A client may open a connection before it has anything to say; only what is asked counts.
      near.once('data', (first: Buffer) => this.pass(near, first, port));
    });
  }

  private pass(near: Socket, first: Buffer, port: number): void {
    this.taken += 1;
    if (this.mute > 0) {
      this.mute -= 1;
      near.resume();
      return;
    }
    const isLost = this.answersLost > 0;
    if (isLost) this.answersLost -= 1;
    const far = connect(port, '127.0.0.1');
    this.keep(far);
    far.write(first);
    near.pipe(far);
    if (isLost) far.on('data', () => near.destroy());
    else far.pipe(near);
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
  }

  static async before(port: number): Promise<RoughLink> {
    const link = new RoughLink(port);
    link.server.listen(0, '127.0.0.1');
    await once(link.server, 'listening');
    return link;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Breaks all connections there are; the next ones are taken. */
  cut(): void {
    for (const socket of this.open) socket.destroy();
  }

  async close(): Promise<void> {
    this.server.close();
    this.cut();
    await once(this.server, 'close');
  }

  private keep(socket: Socket): void {
    this.open.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => this.open.delete(socket));
  }
}
