import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadKafkaLibrary } from '../../../../src/bus/kafka/kafka-library.ts';
import {
  checkSecurityFiles,
  connectionSettings,
  consumerSettings,
  producerSettings,
} from '../../../../src/bus/kafka/kafka-settings.ts';
import { kafkaSettings } from '../../../support/kafka-bus.ts';

const secret = { username: 'box', password: 'secret' };

function securityOf(security: object): Record<string, unknown> {
  const settings = connectionSettings(kafkaSettings('a:1', { security }), 'client');
  return Object.fromEntries(Object.entries(settings).filter(([name]) => /^(security|ssl|sasl|enable\.ssl)/.test(name)));
}

describe('security', () => {
  test('plain text has none of it', () => {
    expect(securityOf({})).toEqual({ 'security.protocol': 'plaintext' });
  });

  test('TLS checks the certificate and the name in it', () => {
    expect(
      securityOf({ protocol: 'ssl', caFile: 'ca.pem', certificateFile: 'c.pem', keyFile: 'k.pem', keyPassword: 'p' }),
    ).toEqual({
      'security.protocol': 'ssl',
      'enable.ssl.certificate.verification': true,
      'ssl.endpoint.identification.algorithm': 'https',
      'ssl.ca.location': 'ca.pem',
      'ssl.certificate.location': 'c.pem',
      'ssl.key.location': 'k.pem',
      'ssl.key.password': 'p',
    });
  });

  test('a password travels over TLS alone', () => {
    expect(securityOf({ protocol: 'sasl_ssl', ...secret })).toEqual({
      'security.protocol': 'sasl_ssl',
      'enable.ssl.certificate.verification': true,
      'ssl.endpoint.identification.algorithm': 'https',
      'sasl.mechanisms': 'SCRAM-SHA-512',
      'sasl.username': 'box',
      'sasl.password': 'secret',
    });
    expect(securityOf({ protocol: 'ssl', ...secret })).not.toHaveProperty('sasl.password');
  });

  test('a file that cannot be read is named before anything is opened', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'roadwatch-kafka-'));
    const caFile = join(folder, 'ca.pem');
    writeFileSync(caFile, '');
    const { security } = kafkaSettings('a:1', {
      security: { protocol: 'ssl', caFile, keyFile: join(folder, 'none'), certificateFile: caFile },
    });
    await expect(checkSecurityFiles(security)).rejects.toMatchObject({
      code: 'kafka-settings',
      message: expect.stringMatching(/^security\.keyFile: expected a file that can be read, received .*none: ENOENT/),
    });
    await checkSecurityFiles({ ...security, keyFile: caFile });
    rmSync(folder, { recursive: true });
  });
});

test('all brokers are given, and none makes topics by itself', () => {
  const settings = connectionSettings(kafkaSettings('a:1', { bootstrapServers: ['a:1', 'b:2'] }), 'client');
  expect(settings).toMatchObject({
    'bootstrap.servers': 'a:1,b:2',
    'client.id': 'client',
    'allow.auto.create.topics': false,
  });
});

test('a producer keeps order, confirms by all replicas and gives nothing up', () => {
  const { global, topic } = producerSettings(kafkaSettings('a:1'), 'client');
  expect(global).toMatchObject({
    'enable.idempotence': true,
    'compression.codec': 'lz4',
    'queue.buffering.max.messages': 5000,
    'queue.buffering.max.kbytes': 65_536,
  });
  expect(topic).toEqual({ acks: 'all', 'message.timeout.ms': 0, partitioner: 'murmur2_random' });
});

test('a consumer commits nothing by itself', () => {
  const identity = {
    groupId: 'g',
    clientId: 'c',
    strategy: 'range',
    sessionTimeoutMs: 6000,
    otherwise: 'earliest',
  } as const;
  const { global, topic } = consumerSettings(kafkaSettings('a:1'), identity);
  expect(global).toMatchObject({
    'group.id': 'g',
    'partition.assignment.strategy': 'range',
    'session.timeout.ms': 6000,
    'heartbeat.interval.ms': 1000,
    'enable.auto.commit': false,
    'enable.auto.offset.store': false,
    'queued.max.messages.kbytes': 16_384,
  });
  expect(topic).toEqual({ 'auto.offset.reset': 'earliest' });
});

describe('the library', () => {
  test('takes the settings, and refuses a name that it does not know', () => {
    const { rdkafka, faultOf } = loadKafkaLibrary();
    const { global, topic } = producerSettings(
      kafkaSettings('a:1', { security: { protocol: 'sasl_ssl', ...secret } }),
      'client',
    );
    expect(() => new rdkafka.Producer(global, topic)).not.toThrow();
    try {
      new rdkafka.Producer({ ...global, 'no.such.setting': 1 } as object, topic);
      expect.unreachable();
    } catch (error) {
      expect(faultOf(error).words).toContain('no.such.setting');
    }
  });

  test('has its errors named, whether they come as codes or as words', () => {
    const { rdkafka, faultOf } = loadKafkaLibrary();
    expect(faultOf({ code: rdkafka.CODES.ERRORS.ERR__QUEUE_FULL, message: 'full', origin: 'local' }).name).toBe(
      '_QUEUE_FULL',
    );
    const spoken = (origin: string, message: string) => faultOf({ code: -1, origin, message }).name;
    expect(spoken('broker', 'message size too large')).toBe('MSG_SIZE_TOO_LARGE');
    expect(spoken('broker', 'topic authorization failed')).toBe('TOPIC_AUTHORIZATION_FAILED');
    expect(spoken('local', 'purged in queue')).toBe('_PURGE_QUEUE');
    expect(spoken('local', 'fatal error')).toBe('_FATAL');
    expect(spoken('local', 'something new')).toBe('UNKNOWN');
    expect(faultOf(new Error('Producer not connected')).name).toBe('_STATE');
  });
});
