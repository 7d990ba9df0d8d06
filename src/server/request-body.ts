import type { HttpResponse } from 'uWebSockets.js';

/**
 * Reads a request's body as text; undefined where it is longer than `maxBytes`. To be called before anything is waited
 * for; a client that goes away leaves it waiting, for whoever answers knows that by then.
 */
export function readBody(response: HttpResponse, maxBytes: number): Promise<string | undefined> {
  const parts: Buffer[] = [];
  let length = 0;
  return new Promise((resolve) => {
    response.onData((chunk, isLast) => {
      length += chunk.byteLength;
      // The chunk's memory is gone after this call.
      if (length <= maxBytes) parts.push(Buffer.from(Buffer.from(chunk)));
      else parts.length = 0;
      if (isLast) resolve(length <= maxBytes ? Buffer.concat(parts).toString('utf8') : undefined);
    });
  });
}
