/** Strangers who open connections and say nothing, and holders of a token who open many: a stop still comes through. */
import { EventEmitter } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { API } from '../../src/params/web.ts';
import { Connections } from '../../src/web/connections.ts';
import { WebBench } from './bench.ts';

let web: WebBench;
const open: Socket[] = [];
beforeEach(async () => {
  web = new WebBench();
  await web.open();
});
afterEach(async () => {
  for (const socket of open.splice(0)) socket.destroy();
  await web.close();
});

/** Says so much and no more. */
function silent(text = 'GET / HTTP/1.1\r\nX: '): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = connect(web.port, '127.0.0.1', () => {
      if (text !== '') socket.write(text);
      resolve(socket);
    });
    socket.on('error', () => {});
    socket.resume();
    open.push(socket);
  });
}
const alive = (): number => open.filter((socket) => !socket.destroyed && socket.readable).length;
const stops = (): number => web.bench.asked.filter((asked) => asked === 'stop').length;

describe('a stop comes through', () => {
  it.each([96, 220])('beside %i connections of strangers that say nothing', async (many) => {
    for (let n = 0; n < many; n += 1) await silent();
    for (let n = 0; n < 3; n += 1) expect((await web.order('stop', {}, 'see')).status).toBe(200);
    expect(stops()).toBe(3);
    await expect.poll(alive).toBeLessThanOrEqual(96);
  });

  it('beside a holder of a token who keeps very many connections, of which the oldest give way', async () => {
    const ask = `GET ${API}/session HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${web.token('see')}\r\n\r\n`;
    for (let n = 0; n < 200; n += 1) await silent(ask);
    expect((await web.order('stop', {}, 'run')).status).toBe(200);
    await expect.poll(alive).toBeLessThanOrEqual(64 + 1);
  });

  it('when a thousand are sent at once on one connection: some are obeyed, and none of them piles up', async () => {
    const one = `POST ${API}/commands/stop HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${web.token('see')}\r\nContent-Length: 0\r\n\r\n`;
    await silent(one.repeat(1000));
    await expect.poll(stops).toBeGreaterThan(0);
    await expect.poll(alive).toBe(0);
    expect(stops()).toBeLessThanOrEqual(32);
    expect((await web.order('stop', {}, 'run')).status).toBe(200);
  });

  it('from each of very many at a time, and each is followed by a stop that was sent after it came', async () => {
    const all = await Promise.all(Array.from({ length: 60 }, () => web.order('stop', {}, 'run')));
    expect(all.map(({ status }) => status)).toEqual(Array(60).fill(200));
    expect(stops()).toBeGreaterThan(0);
  });
});

describe('connections', () => {
  it('keep a new one whose port was that of one dropped a moment ago', () => {
    const server = new EventEmitter();
    const connections = new Connections(server as never);
    const socketOf = (remotePort: number): Socket =>
      Object.assign(new EventEmitter(), { remoteAddress: '127.0.0.1', remotePort, destroy: () => {} }) as never;
    const first = socketOf(1);
    server.emit('connection', first);
    for (let port = 2; port <= 97; port += 1) server.emit('connection', socketOf(port));
    expect(connections.begun(first)).toBe(false);
    const next = socketOf(1);
    server.emit('connection', next);
    first.emit('close');
    expect(connections.begun(next)).toBe(true);
    next.emit('close');
    expect(connections.begun(next)).toBe(false);
  });
});
