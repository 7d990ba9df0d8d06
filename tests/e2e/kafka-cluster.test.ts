/** A real cluster from the outside: its topics made and checked by the command line, and the ways in that it guards. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { KafkaSender } from '../../src/bus/kafka/kafka-sender.ts';
import type { Config } from '../../src/config/schema.ts';
import { realClock } from '../../src/time/clock.ts';
import { systemRandom } from '../../src/time/random.ts';
import { type Certificates, makeCertificates } from '../support/certificates.ts';
import { KafkaBroker } from '../support/kafka-broker.js';
import { kafkaSettings, openBus, RecordedLines } from '../support/kafka-bus.ts';
import { groupRisk, resultMessage } from '../support/risk-messages.ts';
import { runProgramIn } from './support/program.ts';

const login = { username: 'box', password: 'a password of the box' };
const limits = { timeout: 20_000, interval: 10 };

let folder: string;
let certificates: Certificates;
let broker: KafkaBroker;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'roadwatch-cluster-'));
  certificates = makeCertificates(folder, 'ours');
  const { keyStoreFile, caFile } = certificates;
  broker = await KafkaBroker.create({ security: { keyStoreFile, caFile, ...login } });
});
afterAll(async () => {
  await broker?.close();
  rmSync(folder, { recursive: true });
});

describe('topics', () => {
  const topics = (...args: string[]) =>
    runProgramIn({ ALGO_KAFKA_BOOTSTRAP_SERVERS: broker.address }, 'topics', ...args);

  test('are missing, made, too small, made larger, and fine', async () => {
    const missing = await topics();
    expect(missing.code).toBe(1);
    expect(missing.stdout.split('\n').slice(0, 2)).toEqual([
      'FAIL  detection-results: does not exist',
      'FAIL  detection-results-dlq: does not exist',
    ]);

    const made = await topics('create', '--partitions', '4');
    expect(made).toMatchObject({ code: 0, stderr: '' });
    expect(made.stdout).toContain('ok    assessment-tasks: created with 4 partitions and 1 replicas\n');
    const described = await broker.tool(
      'org.apache.kafka.tools.TopicCommand',
      '--describe',
      '--topic',
      'assessment-tasks',
    );
    expect(described).toMatch(/PartitionCount: 4\tReplicationFactor: 1/);
    for (const setting of ['retention.ms=86400000', 'max.message.bytes=8454144', 'cleanup.policy=delete']) {
      expect(described).toContain(setting);
    }

    const small = await topics('check', '--json');
    expect(small.code).toBe(1);
    const report = JSON.parse(small.stdout);
    expect(report.ok).toBe(false);
    expect(report.topics.length).toBe(6);
    expect(report.topics[0]).toMatchObject({
      topic: 'detection-results',
      ok: false,
      remarks: ['4 partitions, fewer than 16'],
    });

    const larger = await topics('create');
    expect(larger.code).toBe(0);
    expect(larger.stdout).toContain(
      'ok    detection-results: 4 partitions have become 16: keys move, so what is sent of one camera may overtake once\n',
    );
    const fine = await topics('check');
    expect(fine).toMatchObject({ code: 0 });
    expect(fine.stdout.split('\n').filter((line) => line.startsWith('ok '))).toHaveLength(6);
  });

  test('that exist keep their settings: the command that is printed sets them', async () => {
    const { stderr } = await topics('check');
    const command =
      stderr.split('\n').find((line) => line.includes('--entity-name risk-assessment-results --alter')) ?? '';
    const [program, ...args] = command.trim().split(' ');
    expect(program).toBe('kafka-configs.sh');
    await broker.tool(
      'kafka.admin.ConfigCommand',
      ...args.slice(2).map((arg) => arg.replace('retention.ms=2592000000', 'retention.ms=12345678')),
    );
    expect(
      await broker.tool('org.apache.kafka.tools.TopicCommand', '--describe', '--topic', 'risk-assessment-results'),
    ).toContain('retention.ms=12345678');
  });

  test('without a broker it says so, and where it looked', async () => {
    const { code, stderr } = await runProgramIn({ ALGO_KAFKA_BOOTSTRAP_SERVERS: '127.0.0.1:1' }, 'topics');
    expect(code).toBe(1);
    expect(stderr).toContain(
      'roadwatch: kafka-unreachable: expected a broker at 127.0.0.1:1 (plaintext), received no answer',
    );
  });
});

describe('a cluster that guards its doors', () => {
  const open: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((one) => one.close()));
  });

  function settings(address: string, security: object) {
    return kafkaSettings(address, { security: { caFile: certificates.caFile, ...security }, groupPrefix: 'secure' });
  }

  /** That of TLS and a password. */
  function secure(address: string, overrides: object = {}) {
    return settings(address, { protocol: 'sasl_ssl', ...login, ...overrides });
  }

  /** That of TLS and our certificate. */
  function mutual(overrides: object = {}) {
    return settings(`127.0.0.1:${broker.mutualPort}`, { protocol: 'ssl', ...overrides });
  }

  /** Sends something there and has it back. */
  async function expectConversation(connection: Config['kafka'], taskId: string): Promise<void> {
    const opened = await openBus(connection);
    open.push(opened);
    const received: string[] = [];
    opened.bus.subscribe('risk-assessment-results', 'llm-scheduler', ({ messageId }) => void received.push(messageId));
    await opened.bus.publish('risk-assessment-results', '7', resultMessage('r', groupRisk(1), { taskId }));
    await vi.waitUntil(() => received.includes(`${taskId}_result`), limits);
  }

  const refusal = (address: string, overrides: object, words: RegExp) =>
    expectRefusal(secure(address, overrides), words);

  /** Tries to send, until the log has these words. */
  async function expectRefusal(connection: Config['kafka'], words: RegExp): Promise<void> {
    const lines = new RecordedLines();
    const surroundings = { clock: realClock, random: systemRandom, lines };
    const sender = await KafkaSender.open({ connection, ...surroundings });
    open.push(sender);
    const sent = sender.send({ topic: 'risk-assessment-results', key: 'k', value: Buffer.from('{}'), id: 'i' });
    const outcome = sent.then(
      () => 'sent',
      (error) => error.code,
    );
    await vi.waitUntil(() => lines.written.some(({ message }) => words.test(message)), limits);
    await sender.close();
    expect(await outcome).toBe('sender-closed');
    expect(JSON.stringify(lines.written)).not.toContain(login.password);
  }

  test('with a password is spoken to, both ways', () =>
    expectConversation(secure(`127.0.0.1:${broker.securePort}`), 'with a password'));

  test('under another name than that of its certificate it is not', () =>
    refusal(`localhost:${broker.securePort}`, {}, /hostname mismatch|certificate verify failed/i));

  test('vouched for by others it is not', () => {
    const { caFile } = makeCertificates(folder, 'other');
    return refusal(`127.0.0.1:${broker.securePort}`, { caFile }, /certificate verify failed/i);
  });

  test('with a wrong password it does not let us in', () =>
    refusal(`127.0.0.1:${broker.securePort}`, { password: 'wrong' }, /authentication failed/i));

  test('with our certificate is spoken to, both ways', () =>
    expectConversation(mutual(certificates.client), 'with a certificate'));

  test('without our certificate it does not let us in', () =>
    expectRefusal(mutual(), /certificate required|bad certificate/i));

  test('with one that others vouch for it does not let us in', () => {
    const { client } = makeCertificates(folder, 'stranger');
    return expectRefusal(mutual(client), /alert|handshake failed/i);
  });

  test('whoever speaks plain text is not told anything: every connection begins with a TLS handshake', async () => {
    const begun: number[] = [];
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', (data) => {
        begun.push(data[0] ?? -1);
        socket.end('this is plain text\n');
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    await refusal(`127.0.0.1:${port}`, {}, /ssl handshake failed/i);
    await vi.waitUntil(() => begun.length > 0, limits);
    server.close();
    const tlsHandshake = 0x16;
    expect(new Set(begun)).toEqual(new Set([tlsHandshake]));
  });
});
