import { z } from 'zod';
import { text } from './values.ts';

const origin = z
  .string()
  .regex(/^(\*|https?:\/\/[^\s/]+)$/)
  .meta({ expects: 'an origin such as https://screen.example:8443 (no path), or *' });

export const server = z.strictObject({
  host: text(255)
    .default('0.0.0.0')
    .describe('Address to listen on. Without `authToken` and `allowAnonymous` it is 127.0.0.1, whatever stands here.'),
  port: z
    .int()
    .min(0)
    .max(65_535)
    .default(5000)
    .describe('TCP port of HTTP and WebSocket; 0 lets the system choose one.'),
  authToken: z
    .string()
    .regex(/^[\x21-\x7e]{16,512}$/)
    .meta({ secret: true, expects: '16 to 512 printable ASCII characters without spaces' })
    .exactOptional()
    .describe('Token that HTTP and WebSocket clients must present. Better given as ALGO_AUTH_TOKEN than in the file.'),
  allowAnonymous: z
    .boolean()
    .default(false)
    .describe('Let anyone who reaches the port in, without a token. Only for networks that are closed otherwise.'),
  allowedOrigins: z
    .array(origin)
    .max(100)
    .default([])
    .describe('Origins of other web pages that may open the WebSocket; the own page always may, * stands for all.'),
  maxMessageBytes: z
    .int()
    .min(1024)
    .max(1_048_576)
    .meta({ unit: 'bytes' })
    .default(65_536)
    .describe('Largest WebSocket message of a client.'),
  maxMessagesPerSecond: z.int().min(1).max(10_000).default(20).describe('Messages a second that one client may send.'),
  maxConnections: z.int().min(1).max(10_000).default(200).describe('WebSocket clients at a time.'),
  maxBufferedBytes: z
    .int()
    .min(65_536)
    .max(268_435_456)
    .meta({ unit: 'bytes' })
    .default(4_194_304)
    .describe('Unsent bytes of one client above which it skips frames.'),
});
