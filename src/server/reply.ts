/** Answers to HTTP requests, in one piece. */

import type { HttpResponse } from 'uWebSockets.js';
import { STATUS_CODES } from 'node:http';

export interface Reply {
  readonly status: number;
  /** One of several values is sent as often. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: string | Buffer;
  /** What it was done to, for the audit log; unless given, what the path names. */
  readonly subject?: string;
}

/** On every answer: what comes from here is not guessed at, not framed, and sends no address on. */
export const securityHeaders = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'X-Frame-Options': 'DENY',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), microphone=(), geolocation=(), payment=(), usb=()',
} as const;

/** The envelope of every JSON answer; `code` 0 is success, else the HTTP status. */
export function json(data: unknown, more: Partial<Pick<Reply, 'headers' | 'subject'>> = {}): Reply {
  const { headers, subject } = more;
  const reply = jsonReply(200, { code: 0, msg: 'success', data }, headers);
  return subject === undefined ? reply : { ...reply, subject };
}

/** A refusal in the same envelope; `error` is the stable word. */
export function refusal(status: number, error: string, message: string, headers: Record<string, string> = {}): Reply {
  return jsonReply(status, { code: status, msg: message, data: { error } }, headers);
}

/** The same with more in `data`, for whoever has to mend it. */
export function refusalWith(status: number, error: string, message: string, details: object): Reply {
  return jsonReply(status, { code: status, msg: message, data: { error, ...details } });
}

function jsonReply(status: number, body: object, headers: Reply['headers'] = {}): Reply {
  return {
    status,
    headers: { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store', ...headers },
    body: JSON.stringify(body),
  };
}

/** Sends an answer; `withoutBody` for HEAD. The response must not have been aborted. */
export function send(response: HttpResponse, reply: Reply, withoutBody = false): void {
  response.cork(() => {
    response.writeStatus(`${reply.status} ${STATUS_CODES[reply.status] ?? ''}`);
    for (const [name, value] of Object.entries({ ...securityHeaders, ...reply.headers })) {
      for (const each of typeof value === 'string' ? [value] : value) response.writeHeader(name, each);
    }
    if (withoutBody) response.endWithoutBody(Buffer.byteLength(reply.body));
    else response.end(reply.body);
  });
}
