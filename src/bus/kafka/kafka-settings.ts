/**
 * Settings of librdkafka, from ours. What is not set here stays as the library has it (its CONFIGURATION.md).
 */
import { access, constants } from 'node:fs/promises';
import { errorMessage, RoadwatchError } from '../../errors.ts';
import type { KafkaConnection } from './kafka-options.ts';

export type LibrarySettings = Readonly<Record<string, string | number | boolean>>;

/** librdkafka keeps what belongs to a topic apart. */
export interface ClientSettings {
  readonly global: LibrarySettings;
  readonly topic: LibrarySettings;
}

/** Messages and bytes that a producer holds. */
export const producerWindow = { messages: 5000, bytes: 64 * 1_048_576 } as const;
/** Largest record that is sent; topics may allow less. */
export const maxRecordBytes = 8 * 1_048_576;

/** What a consumer fetches ahead. */
const fetchedAheadKilobytes = 16_384;
const fetchedAheadMessages = 1000;
const maxFetchBytes = 16 * 1_048_576;
const lingerMs = 5;
/** Of a session; librdkafka's own thread sends them, whatever the event loop does. */
const heartbeats = 6;

/** How brokers are reached; nothing falls back to plain text. */
export function connectionSettings({ bootstrapServers, security }: KafkaConnection, clientId: string): LibrarySettings {
  return {
    'client.id': clientId,
    'bootstrap.servers': bootstrapServers.join(','),
    'socket.keepalive.enable': true,
    'socket.connection.setup.timeout.ms': 10_000,
    'socket.timeout.ms': 30_000,
    'reconnect.backoff.ms': 200,
    'reconnect.backoff.max.ms': 2000,
    // A topic that is created later, or gets more partitions, is noticed within this time.
    'topic.metadata.refresh.interval.ms': 30_000,
    'topic.metadata.propagation.max.ms': 10_000,
    // A broker that makes topics by itself makes them with one partition.
    'allow.auto.create.topics': false,
    'log.connection.close': false,
    ...securitySettings(security),
  };
}

function securitySettings(security: KafkaConnection['security']): LibrarySettings {
  const { protocol, caFile, certificateFile, keyFile, keyPassword, mechanism, username, password } = security;
  if (protocol === 'plaintext') return { 'security.protocol': 'plaintext' };
  return withoutUndefined({
    'security.protocol': protocol,
    'enable.ssl.certificate.verification': true,
    'ssl.endpoint.identification.algorithm': 'https',
    'ssl.ca.location': caFile,
    'ssl.certificate.location': certificateFile,
    'ssl.key.location': keyFile,
    'ssl.key.password': keyPassword,
    ...(protocol === 'sasl_ssl'
      ? { 'sasl.mechanisms': mechanism, 'sasl.username': username, 'sasl.password': password }
      : {}),
  });
}

/** A producer that keeps order, writes nothing twice while it lives, and gives nothing up by itself. */
export function producerSettings(connection: KafkaConnection, clientId: string): ClientSettings {
  return {
    global: {
      ...connectionSettings(connection, clientId),
      'enable.idempotence': true,
      'compression.codec': 'lz4',
      'linger.ms': lingerMs,
      'queue.buffering.max.messages': producerWindow.messages,
      'queue.buffering.max.kbytes': producerWindow.bytes / 1024,
      'message.max.bytes': maxRecordBytes,
      dr_cb: true,
    },
    topic: {
      acks: 'all',
      // Who sends owns time: a record that is given up here could overtake, or be lost.
      'message.timeout.ms': 0,
      // As Java's clients spread keys, so that those of others land on the same partitions.
      partitioner: 'murmur2_random',
    },
  };
}

export interface ConsumerIdentity {
  readonly groupId: string;
  readonly clientId: string;
  /** How partitions are shared out in the group. */
  readonly strategy: 'cooperative-sticky' | 'range';
  readonly sessionTimeoutMs: number;
  /** Where to go on when the offset to read from is not, or no longer, there. */
  readonly otherwise: 'earliest' | 'latest';
}

/** A consumer that commits nothing by itself and holds little. */
export function consumerSettings(connection: KafkaConnection, identity: ConsumerIdentity): ClientSettings {
  return {
    global: {
      ...connectionSettings(connection, identity.clientId),
      'group.id': identity.groupId,
      'partition.assignment.strategy': identity.strategy,
      'session.timeout.ms': identity.sessionTimeoutMs,
      'heartbeat.interval.ms': Math.min(3000, Math.floor(identity.sessionTimeoutMs / heartbeats)),
      'enable.auto.commit': false,
      'enable.auto.offset.store': false,
      'queued.min.messages': fetchedAheadMessages,
      'queued.max.messages.kbytes': fetchedAheadKilobytes,
      'fetch.max.bytes': maxFetchBytes,
      'fetch.message.max.bytes': 1_048_576,
      'message.max.bytes': maxRecordBytes,
      'fetch.queue.backoff.ms': 100,
    },
    topic: { 'auto.offset.reset': identity.otherwise },
  };
}

/** Rejects with `kafka-settings` where a file of certificates or keys cannot be read. */
export async function checkSecurityFiles(security: KafkaConnection['security']): Promise<void> {
  if (security.protocol === 'plaintext') return;
  for (const name of ['caFile', 'certificateFile', 'keyFile'] as const) {
    const path = security[name];
    if (path === undefined) continue;
    try {
      await access(path, constants.R_OK);
    } catch (error) {
      throw new RoadwatchError(
        'kafka-settings',
        `security.${name}: expected a file that can be read, received ${path}: ${errorMessage(error)}`,
        { cause: error },
      );
    }
  }
}

function withoutUndefined(settings: Readonly<Record<string, string | number | boolean | undefined>>): LibrarySettings {
  return Object.fromEntries(
    Object.entries(settings).filter((entry): entry is [string, string | number | boolean] => entry[1] !== undefined),
  );
}
