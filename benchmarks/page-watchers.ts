/** Open pages, as far as the server can tell: each holds a stream and asks for its chart. A process of its own. */
import { get, type IncomingMessage } from 'node:http';

const [base = '', token = '', count = '10', everyMs = '600'] = process.argv.slice(2);
const headers = { authorization: `Bearer ${token}` };
let bytes = 0;
let events = 0;
let holes = 0;

function watch(): void {
  let last: number | null = null;
  let rest = '';
  get(`${base}/api/v1/stream`, { headers }, (response: IncomingMessage) => {
    response.setEncoding('utf8');
    response.on('data', (piece: string) => {
      bytes += piece.length;
      const messages = (rest + piece).split('\n\n');
      rest = messages.pop() ?? '';
      for (const message of messages) {
        if (!/^event: event$/m.test(message)) continue;
        const seq = Number(/^id: .*\.(\d+)$/m.exec(message)?.[1]);
        events += 1;
        if (last !== null && seq !== last + 1) holes += 1;
        last = seq;
      }
    });
  }).on('error', () => process.exit(1));
}

function ask(): void {
  get(`${base}/api/v1/chart?span_s=300&points=500`, { headers }, (response) => {
    response.on('data', (piece: Buffer) => {
      bytes += piece.length;
    });
  }).on('error', () => {});
}

for (let i = 0; i < Number(count); i += 1) {
  watch();
  setTimeout(() => setInterval(ask, Number(everyMs)), (i * Number(everyMs)) / Number(count));
}
process.on('SIGTERM', () => {
  process.stdout.write(`${JSON.stringify({ bytes, events, holes })}\n`, () => process.exit(0));
});
