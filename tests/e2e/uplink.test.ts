/**
 * What a box finds gets to the brokers, whatever becomes of brokers, link and box: over a real broker that is killed, and
 * killed again while it gets what it has missed. The screen does not wait for any of it.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { KafkaSender } from '../../src/bus/kafka/kafka-sender.ts';
import type { OutgoingRecord } from '../../src/bus/outgoing-record.ts';
import { recordOfMessage } from '../../src/bus/record-of-message.ts';
import type { DetectionResultMessage } from '../../src/bus/topics.ts';
import { realClock } from '../../src/time/clock.ts';
import { systemRandom } from '../../src/time/random.ts';
import { openOutbox } from '../../src/uplink/open-outbox.ts';
import type { Outbox } from '../../src/uplink/outbox.ts';
import { KafkaBroker } from '../support/kafka-broker.js';
import { createTopics, kafkaSettings, openBus, RecordedLines } from '../support/kafka-bus.ts';
import { detectionMessage, groupRisk, resultMessage } from '../support/risk-messages.ts';
import { Appliance, freePort, repositoryRoot } from './support/appliance.ts';
import { metricsOf, readingOf } from './support/metrics.ts';
import { runProgram } from './support/program.ts';
import { type ServerMessage, Viewer } from './support/viewer.ts';

const topic = 'detection-results';
const guard = { timeout: 30_000, interval: 50 };
const workerFile = new URL('../../dist/uplink/store/worker.js', import.meta.url);

let broker: KafkaBroker;

beforeAll(async () => {
  broker = await KafkaBroker.create();
  await createTopics(kafkaSettings(broker.address), 4);
});
afterAll(() => broker.close());

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Everything of the topic that `isWanted`, by key, in the broker's order; reads until nothing more comes for a second. */
async function topicContent(
  group: string,
  isWanted: (message: DetectionResultMessage) => boolean,
): Promise<Map<string, DetectionResultMessage[]>> {
  const reader = await openBus(kafkaSettings(broker.address, { groupPrefix: group }));
  const byKey = new Map<string, DetectionResultMessage[]>();
  let lastMs = Number.POSITIVE_INFINITY;
  reader.bus.subscribe(topic, 'llm-scheduler', (message, key) => {
    lastMs = performance.now();
    if (isWanted(message)) byKey.set(key, [...(byKey.get(key) ?? []), message]);
  });
  await vi.waitUntil(() => performance.now() - lastMs > 1000, guard);
  await reader.close();
  return byKey;
}

describe('an outbox over a real broker', () => {
  const cameras = Array.from({ length: 10 }, (_, index) => `outbox-${index}`);
  let folder: string;
  let sender: KafkaSender;
  let outbox: Outbox;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'roadwatch-outbox-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  async function open(): Promise<void> {
    const surroundings = { clock: realClock, random: systemRandom, lines: new RecordedLines() };
    sender = await KafkaSender.open({ ...surroundings, connection: kafkaSettings(broker.address), closeLimitMs: 100 });
    const settings = {
      outboxPath: join(folder, 'outbox.db'),
      maxMegabytes: 64,
      maxAgeHours: 1,
      // A backlog of more than a thousand is long, and takes its time.
      drainMessagesPerSecond: 200,
      deadLetterMegabytes: 1,
    };
    outbox = await openOutbox({ ...surroundings, settings, sender, workerFile });
  }

  async function close(): Promise<void> {
    await outbox.close();
    await sender.close();
  }

  function recordOf(camera: string, index: number): OutgoingRecord {
    return recordOfMessage(topic, camera, detectionMessage(`${camera} ${index}`, [], { cameraId: camera }));
  }

  /** So many of each camera, from this index on. */
  async function send(from: number, to: number): Promise<void> {
    for (let index = from; index < to; index += 1) {
      await Promise.all(cameras.map((camera) => outbox.send(recordOf(camera, index))));
    }
  }

  it('loses nothing and keeps the order while the broker is killed, twice, and the process ends between', async () => {
    await open();
    await send(0, 20);
    await vi.waitUntil(() => outbox.status().depth === 0, guard);
    expect(outbox.status()).toMatchObject({ sent: 200, link: { state: 'connected' } });

    await broker.kill();
    await send(20, 170);
    expect(outbox.status().depth).toBe(1500);
    await close();
    await open();
    expect(outbox.status().lanes).toEqual({ high: 0, live: 0, backlog: 1500 });

    await broker.start();
    await vi.waitUntil(() => outbox.status().sent >= 100, guard);
    await broker.kill();
    const left = outbox.status().depth;
    expect(left).toBeGreaterThan(500);
    await broker.start(); // While the rest is drained, what is new gets there at once.
    await vi.waitUntil(() => outbox.status().link.state === 'connected' && outbox.status().depth < left, guard);
    const startedMs = performance.now();
    await send(170, 171);
    await vi.waitUntil(() => outbox.status().lanes.live === 0, guard);
    expect(outbox.status().lanes.backlog).toBeGreaterThan(0);
    expect(performance.now() - startedMs).toBeLessThan(2000);
    await vi.waitUntil(() => outbox.status().depth === 0, guard);
    await close();

    const content = await topicContent('outbox', ({ cameraId }) => String(cameraId).startsWith('outbox-'));
    for (const camera of cameras) {
      const ids = [...new Set(content.get(camera)?.map(({ requestId }) => requestId))];
      const live = `${camera} 170`;
      expect(ids).toContain(live);
      expect(ids.filter((id) => id !== live)).toEqual(Array.from({ length: 170 }, (_, index) => `${camera} ${index}`));
    }
  });

  it('keeps what the broker refuses, with the reason, until it is sent again by command', async () => {
    const assessments = 'risk-assessment-results';
    const setLargest = (bytes: number) =>
      broker.tool(
        'kafka.admin.ConfigCommand',
        ...['--alter', '--entity-type', 'topics', '--entity-name', assessments],
        ...['--add-config', `max.message.bytes=${bytes}`],
      );
    const command = (...args: string[]) => runProgram('outbox', ...args, '--json', '--file', join(folder, 'outbox.db'));
    const message = resultMessage('r', groupRisk(1, { description: randomBytes(3000).toString('base64') }), {
      taskId: 'long',
    });
    await setLargest(1000);
    await open();
    await outbox.send(recordOfMessage(assessments, 'camera', message));
    await vi.waitUntil(() => outbox.status().deadLetters.records === 1, guard);
    expect(outbox.status()).toMatchObject({ depth: 0, deadLetters: { byReason: { MSG_SIZE_TOO_LARGE: 1 } } });
    const running = await command('status');
    expect(JSON.parse(running.stdout)).toMatchObject({ state: 'in-use', heldBy: { pid: process.pid } });
    expect(await command('replay')).toMatchObject({ code: 1, stdout: '' });
    await close();

    await setLargest(1_000_000);
    const { stdout } = await command('export', '--what', 'dead');
    expect(JSON.parse(stdout)).toMatchObject({
      id: 'long_result',
      refusal: { code: 'MSG_SIZE_TOO_LARGE' },
      value: message,
    });
    const replayed = await command('replay', '--reason', 'MSG_SIZE_TOO_LARGE');
    expect(replayed.code, replayed.stderr).toBe(0);
    expect(JSON.parse(replayed.stdout)).toMatchObject({ deadLetters: 1, damaged: 0 });
    await open();
    await vi.waitUntil(() => outbox.status().sent === 1 && outbox.status().depth === 0, guard);
    expect(outbox.status().deadLetters.records).toBe(0);
    await close();
  });
});

/** What viewers of a box were shown, and how long after its capture. */
class Shown {
  readonly byCamera = new Map<string, string[]>();
  readonly latenciesMs: number[] = [];
  #viewer: Viewer | undefined;

  async watch(appliance: Appliance, cameraIds: readonly string[]): Promise<void> {
    const viewer = await Viewer.connect(appliance.url, 'frames=none');
    this.#viewer = viewer;
    viewer.socket.on('message', (text) => this.#note(JSON.parse(String(text)) as ServerMessage));
    for (const cameraId of cameraIds) viewer.send('watch', { cameraId });
  }

  close(): void {
    this.#viewer?.close();
  }

  get count(): number {
    return this.latenciesMs.length;
  }

  #note({ type, data }: ServerMessage): void {
    if (type !== 'detection_result') return;
    const known = this.byCamera.get(data.cameraId) ?? [];
    // What is assessed is shown again.
    if (known.includes(data.timestamp)) return;
    this.byCamera.set(data.cameraId, [...known, data.timestamp]);
    this.latenciesMs.push(Date.now() - Date.parse(data.timestamp));
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}

describe.each([
  { name: 'a box with an uplink', section: 'uplink' },
  { name: 'a detector of many processes', section: 'kafka' },
] as const)('$name', ({ section }) => {
  const ids = [`${section}-1`, `${section}-2`];
  let appliance: Appliance;
  const shown = new Shown();

  beforeAll(async () => {
    const url = join(repositoryRoot, 'demo/street-walkers.mp4');
    appliance = await Appliance.start(
      {
        allowFiles: true,
        cameras: ids.map((id) => ({ id, url })),
        analysis: { intervalMs: 500 },
        // The broker wants a processor, too.
        detector: { workers: 1 },
        [section]: {
          enabled: true,
          bootstrapServers: [broker.address],
          ...(section === 'kafka' ? { roles: ['detector'] } : {}),
        },
      },
      {},
      await freePort(),
    );
  });
  afterAll(async () => {
    shown.close();
    await appliance.stop();
  });

  const reading = async (name: string) => readingOf(await metricsOf(appliance), name);

  it('shows its results at once while the broker is away, and the broker has them all in the end', async () => {
    await shown.watch(appliance, ids);
    await vi.waitUntil(async () => shown.count > 10 && (await reading('outbox_sent_total')) > 10, guard);
    const before = shown.latenciesMs.length;
    await broker.kill();
    await wait(2500);
    const usualMs = median(shown.latenciesMs.slice(0, before));
    const away = shown.latenciesMs.slice(before);
    expect(away.length).toBeGreaterThan(6);
    expect(median(away)).toBeLessThan(usualMs + 150);
    expect(await reading('outbox_records')).toBeGreaterThan(6);

    // The box is cut from its power, with what nobody else has; what is on its way to the disk at that moment is not kept.
    const kept = new Map(ids.map((id) => [id, shown.byCamera.get(id)?.slice(0, -2) ?? []]));
    await appliance.kill();
    appliance = await appliance.startAgain();
    await broker.start();
    await vi.waitUntil(async () => (await reading('outbox_sent_total')) > 10, guard);
    await vi.waitUntil(async () => (await reading('outbox_records')) < 5, guard);
    const { code } = await appliance.stop();
    expect(code).toBe(0);
    const content = await topicContent(section, ({ cameraId }) => ids.includes(String(cameraId)));
    for (const id of ids) {
      const messages = content.get(id) ?? [];
      const stamps = [...new Set(messages.map(({ timestamp }) => timestamp))];
      expect(kept.get(id)?.filter((stamp) => !stamps.includes(stamp))).toEqual([]);
      expect(stamps).toEqual(stamps.toSorted());
    }
  });
});
