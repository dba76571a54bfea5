/** What this project uses of unix-dgram; the package has no types of its own. */
declare module 'unix-dgram' {
  export interface DatagramSocket {
    connect(path: string): void;
    send(message: Buffer): void;
    close(): void;
    on(event: 'error' | 'congestion', listener: (error?: Error) => void): void;
  }
  const unix: { createSocket(type: 'unix_dgram', onMessage?: (message: Buffer) => void): DatagramSocket };
  export default unix;
}
