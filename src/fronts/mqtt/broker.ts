/**
 * A broker of our own for the simulated bench, on the loopback address only, so that it can be watched and tuned with any
 * MQTT client. It knows no users and speaks MQTT 3.1.1; a real bench has a real broker.
 */
import { createServer, type Server, type Socket } from 'node:net';

export interface Broker {
  readonly url: string;
  close(): Promise<void>;
}

/** Resolves to null when the port is taken: the simulated bench then runs without. */
export async function openBroker(port: number): Promise<Broker | null> {
  // Loaded here: a real bench has a broker elsewhere and never needs this one.
  const { Aedes } = await import('aedes');
  const aedes = await Aedes.createBroker();
  const server: Server = createServer(aedes.handle);
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const listening = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => resolve(true));
  });
  const shut = (): Promise<void> => new Promise((resolve) => aedes.close(() => resolve()));
  if (!listening) {
    await shut();
    return null;
  }
  const address = server.address();
  const real = typeof address === 'object' && address ? address.port : port;
  return {
    url: `mqtt://127.0.0.1:${real}`,
    close: async () => {
      await shut();
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
