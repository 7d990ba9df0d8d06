import { z } from 'zod';
import { exposesPassword, parseRedisUrl } from '../redis-url.ts';
import { text } from './values.ts';

export const brokers = () =>
  z
    .array(
      z
        .string()
        .regex(/^[^\s,:]+:\d{1,5}$/)
        .meta({ expects: 'host:port' }),
    )
    .min(1)
    .max(100);

export const kafkaSecurity = z.strictObject({
  protocol: z
    .enum(['plaintext', 'ssl', 'sasl_ssl'])
    .default('plaintext')
    .describe(
      '`ssl` and `sasl_ssl` check the name in the certificate of the broker; nothing falls back to plain text.',
    ),
  caFile: text()
    .exactOptional()
    .describe("Certificates (PEM) that the broker's is checked by. Unless given: the system's."),
  certificateFile: text().exactOptional().describe('Our certificate (PEM), where brokers ask for one.'),
  keyFile: text().exactOptional().describe('Its key (PEM).'),
  keyPassword: text(512).meta({ secret: true }).exactOptional().describe('The password of the key.'),
  mechanism: z
    .enum(['SCRAM-SHA-256', 'SCRAM-SHA-512', 'PLAIN'])
    .default('SCRAM-SHA-512')
    .describe('How `sasl_ssl` proves who we are.'),
  username: text(256).exactOptional().describe('User of `sasl_ssl`.'),
  password: text(512)
    .meta({ secret: true })
    .exactOptional()
    .describe('Password of `sasl_ssl`; better given as ALGO_KAFKA_PASSWORD.'),
});

/** The parts of the service that may run in processes of their own. */
export const roleNames = ['detector', 'task-generator', 'llm-scheduler', 'result-aggregator'] as const;

export const kafka = z.strictObject({
  enabled: z
    .boolean()
    .default(false)
    .describe('Topics of a Kafka cluster instead of the in-process bus: roles may run in many processes.'),
  roles: z
    .array(z.enum([...roleNames, 'all']))
    .min(1)
    .max(5)
    .default(['all'])
    .describe('Which parts run in this process. Without Kafka all do.'),
  bootstrapServers: brokers().default(['localhost:9092']).describe('Brokers to start from.'),
  security: kafkaSecurity.prefault({}).describe('How brokers are reached.'),
  groupPrefix: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,100}$/)
    .meta({ expects: 'up to 100 letters, digits, ".", "_" and "-"' })
    .default('roadwatch')
    .describe('What the names of our consumer groups begin with.'),
  sessionTimeoutMs: z
    .int()
    .min(1000)
    .max(300_000)
    .default(6000)
    .describe('A member of a consumer group that brokers do not hear of for so long loses its partitions to others.'),
  maxInFlight: z
    .int()
    .min(1)
    .max(100_000)
    .default(5000)
    .describe('Messages that a reader has taken and not handled; beyond it, it pauses.'),
});

function isSafeRedisUrl(url: string): boolean {
  const address = parseRedisUrl(url);
  return address !== undefined && !exposesPassword(address);
}

export const redis = z.strictObject({
  url: z
    .string()
    .refine((url) => isSafeRedisUrl(url))
    .meta({
      secret: true,
      expects:
        'redis://[user:password@]host[:port][/database], or rediss://… for TLS, without which a password is for this machine alone',
    })
    .exactOptional()
    .describe(
      'Where joined results are put for other programs; better given as ALGO_REDIS_URL. Unless given: kept in the process.',
    ),
  caFile: text()
    .exactOptional()
    .describe("Certificates (PEM) that the server's is checked by, for rediss://. Unless given: the system's."),
});
