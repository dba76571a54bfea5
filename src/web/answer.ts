/** How an answer leaves the server: its headers, the same for every route, and its body. */
import type { ServerResponse } from 'node:http';
import type { Answer, Code } from '../params/answers.ts';

/** The page loads nothing from elsewhere, and nobody may frame it. */
const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

/** Codes of the server’s own: not signed in, wrong method, too many connections. */
export type WebCode = Code | 401 | 405;
export interface WebAnswer extends Omit<Answer, 'code'> {
  readonly code: WebCode;
}

export function begin(response: ServerResponse, status: number, headers: Readonly<Record<string, string>>): void {
  response.writeHead(status, { ...HEADERS, ...headers });
}

export function sendText(
  response: ServerResponse,
  status: number,
  type: string,
  text: string,
  more: Readonly<Record<string, string>> = {},
): void {
  begin(response, status, { 'content-type': type, 'cache-control': 'no-store', ...more });
  response.end(text);
}

export const JSON_TYPE = 'application/json; charset=utf-8';

/** An answer of the desk or the server: `{code, text, errors?, data?}`; its code is the HTTP status, too. */
export function sendAnswer(
  response: ServerResponse,
  answer: WebAnswer,
  more: Readonly<Record<string, string>> = {},
): void {
  const retry = answer.code === 429 ? { 'retry-after': '1' } : {};
  const asks = answer.code === 401 ? { 'www-authenticate': 'Bearer realm="remixd"' } : {};
  sendText(response, answer.code, JSON_TYPE, JSON.stringify(answer), { ...retry, ...asks, ...more });
}

/** A fault of a request that ends its handling; the rest of the server knows nothing of it. */
export class Refused extends Error {
  constructor(
    readonly code: WebCode,
    text: string,
    readonly errors: WebAnswer['errors'] = undefined,
  ) {
    super(text);
  }

  get answer(): WebAnswer {
    return { code: this.code, text: this.message, ...(this.errors && { errors: this.errors }) };
  }
}
