import { z } from 'zod';
import { text } from './values.ts';

const origin = z
  .string()
  .regex(/^(\*|https?:\/\/[^\s/]+)$/)
  .meta({ expects: 'an origin such as https://screen.example:8443 (no path), or *' });

const tls = z.strictObject({
  certFile: text().describe('The certificate and those between it and the authority, in PEM.'),
  keyFile: text().describe('Its private key, in PEM, not encrypted.'),
});

export const server = z.strictObject({
  host: text(255)
    .default('0.0.0.0')
    .describe(
      'Address to listen on. Without accounts, `authToken`, `allowAnonymous` and `setupFromNetwork` it is 127.0.0.1, whatever stands here.',
    ),
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
    .describe(
      'A token of an administrator, for programs that cannot log in. Better given as ALGO_AUTH_TOKEN than in the file.',
    ),
  allowAnonymous: z
    .boolean()
    .default(false)
    .describe('Let anyone who reaches the port in, without a login. Only for networks that are closed otherwise.'),
  anonymousRole: z
    .enum(['viewer', 'operator'])
    .default('operator')
    .describe('What those may do: `viewer` looks on; `operator` also starts cameras and acknowledges alerts.'),
  setupFromNetwork: z
    .boolean()
    .default(false)
    .describe(
      'While there are no accounts, listen on `host` all the same, for whoever makes the first with the code that the log shows.',
    ),
  tls: tls
    .exactOptional()
    .describe('Encrypts HTTP and WebSocket. Files that change are read again, without a restart.'),
  allowedOrigins: z
    .array(origin)
    .max(100)
    .default([])
    .describe(
      'Origins of other web pages that may open the WebSocket and change something; the own page always may, * stands for all that show no cookie.',
    ),
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
