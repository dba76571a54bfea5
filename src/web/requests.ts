/** What of a request is looked at before anything else: where it wants to go, where it comes from, and how much it brings. */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { isLoopback } from '../params/loopback.ts';

/** Names that a request may call this server by, without ports, in lower case. */
export function namesOf(address: string, names: string): ReadonlySet<string> {
  const more = names === 'none' ? [] : names.split(',');
  const own = address === '0.0.0.0' || address === '::' ? [] : [address];
  return new Set(['localhost', '127.0.0.1', '::1', ...own, ...more].map((name) => name.toLowerCase()));
}

/** The host of a Host header or an origin, without its port; null where it is none. */
function hostOf(text: string): string | null {
  const found = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::\d{1,5})?$/i.exec(text);
  return (found?.[1] ?? found?.[2] ?? null)?.toLowerCase() ?? null;
}

/** Whether the Host header names this server: a foreign name that leads here is somebody’s trick. */
export function isOwnHost({ host }: IncomingHttpHeaders, names: ReadonlySet<string>): boolean {
  const name = host === undefined ? null : hostOf(host);
  return name !== null && (names.has(name) || isLoopback(name));
}

/** Whether a page of this very server asks, or no page at all (then there is no Origin). */
export function isOwnOrigin({ origin, host }: IncomingHttpHeaders, tls: boolean): boolean {
  return origin === undefined || origin === `${tls ? 'https' : 'http'}://${host}`;
}

/** A cookie’s value, or null. */
export function cookie({ cookie: text }: IncomingHttpHeaders, name: string): string | null {
  for (const part of (text ?? '').split(';')) {
    const at = part.indexOf('=');
    if (at > 0 && part.slice(0, at).trim() === name) return part.slice(at + 1).trim();
  }
  return null;
}

/** The token of an Authorization header, or null. */
export const bearer = ({ authorization }: IncomingHttpHeaders): string | null =>
  /^Bearer ([\x21-\x7e]{1,200})$/.exec(authorization ?? '')?.[1] ?? null;

/** The body as bytes; null where it is longer than `most`. Rejects when the request breaks off. */
export function bodyOf(request: IncomingMessage, most: number): Promise<Buffer | null> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let bytes = 0;
    request.on('data', (piece: Buffer) => {
      bytes += piece.length;
      if (bytes <= most) pieces.push(piece);
      else {
        pieces.length = 0;
        resolve(null);
      }
    });
    request.on('end', () => resolve(Buffer.concat(pieces)));
    request.on('error', reject);
    request.on('close', () => reject(new Error('The request broke off.')));
  });
}
