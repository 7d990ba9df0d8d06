/** Answers to HTTP requests, in one piece. */

import type { HttpResponse } from 'uWebSockets.js';
import { STATUS_CODES } from 'node:http';

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

/** On every answer: what comes from here is not guessed at, not framed, and sends no address on. */
export const securityHeaders = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'X-Frame-Options': 'DENY',
  'Cross-Origin-Resource-Policy': 'same-origin',
} as const;

/** The envelope of every JSON answer; `code` 0 is success, else the HTTP status. */
export function json(data: unknown): Reply {
  return jsonReply(200, { code: 0, msg: 'success', data });
}

/** A refusal in the same envelope; `error` is the stable word. */
export function refusal(status: number, error: string, message: string, headers: Record<string, string> = {}): Reply {
  return jsonReply(status, { code: status, msg: message, data: { error } }, headers);
}

/** The same with more in `data`, for whoever has to mend it. */
export function refusalWith(status: number, error: string, message: string, details: object): Reply {
  return jsonReply(status, { code: status, msg: message, data: { error, ...details } });
}

function jsonReply(status: number, body: object, headers: Record<string, string> = {}): Reply {
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
      response.writeHeader(name, value);
    }
    if (withoutBody) response.endWithoutBody(Buffer.byteLength(reply.body));
    else response.end(reply.body);
  });
}
