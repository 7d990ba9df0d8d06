/** The whole way spread over processes: footage, detection, tasks, a model's answers, the join, the viewer. */
import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { FakeProvider } from '../../src/fake-llm/fake-provider.ts';
import { syntheticDetection } from '../../src/streaming-test/synthetic-detection.ts';
import { kafkaSettings, type OpenBus, openBus } from '../support/kafka-bus.ts';
import { RedisServer } from '../support/redis-server.ts';
import { type Appliance, freePort } from './support/appliance.ts';
import { Site, siteCameras } from './support/site.ts';
import { Viewer } from './support/viewer.ts';

const guard = { timeout: 60_000, interval: 200 };
const camera = 'street-walkers';

async function reading(appliance: Appliance, name: string): Promise<number> {
  const text = await (await fetch(`${appliance.url}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

/** Detections of cameras that are none, each of one group, until it is ended. */
class Feed {
  /** Request ids that the broker has confirmed. */
  readonly accepted = new Set<string>();
  readonly #opened: OpenBus;
  readonly #timer: NodeJS.Timeout;
  readonly #published: Promise<void>[] = [];
  #ended: Promise<void> | undefined;

  private constructor(opened: OpenBus) {
    this.#opened = opened;
    this.#timer = setInterval(() => this.#published.push(this.#publish(this.#published.length)), 20);
  }

  static async start(address: string): Promise<Feed> {
    return new Feed(await openBus(kafkaSettings(address)));
  }

  /** Of the accepted ones, those whose whole join is not in Redis. */
  async unjoined(redis: Redis): Promise<string[]> {
    const ids = [...this.accepted];
    const joins = ids.length === 0 ? [] : await redis.mget(ids.map((id) => `detection:${id}`));
    return ids.filter((_id, index) => JSON.parse(joins[index] ?? '{}').complete !== true);
  }

  /** Resolves when all that was sent is accepted. Safe to call twice. */
  end(): Promise<void> {
    this.#ended ??= this.#end();
    return this.#ended;
  }

  async #end(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#published);
    await this.#opened.close();
  }

  async #publish(number: number): Promise<void> {
    const cameraId = `feed-${number % 8}`;
    const requestId = randomUUID();
    const sequence = Math.floor(number / 8);
    const scene = { cameraId, requestId, sequence, groups: 1, pictureBase64: '', capturedAtMs: Date.now() };
    await this.#opened.bus.publish('detection-results', cameraId, syntheticDetection(scene));
    this.accepted.add(requestId);
  }
}

describe('a process for each role', () => {
  let provider: FakeProvider;
  let redis: RedisServer;
  let site: Site;
  let detector: Appliance;
  let generator: Appliance;
  let scheduler: Appliance;
  let aggregator: Appliance;

  beforeAll(async () => {
    provider = await FakeProvider.start({ keys: { 'fake-key': 'account' }, latency: { meanMs: 20 } });
    redis = await RedisServer.start();
    site = await Site.create(
      {
        allowFiles: true,
        risk: { cooldownMs: 500 },
        llm: { baseUrl: provider.baseUrl(), model: 'fake-vl' },
        // One that is killed is soon missed.
        kafka: { sessionTimeoutMs: 2000 },
      },
      { DASHSCOPE_API_KEY: 'fake-key' },
    );
    const [generatorPort, schedulerPort, aggregatorPort] = [await freePort(), await freePort(), await freePort()];
    [detector, generator, scheduler, aggregator] = await Promise.all([
      site.start(['detector'], { cameras: siteCameras, analysis: { intervalMs: 500 } }),
      site.start(['task-generator'], {}, generatorPort),
      site.start(['llm-scheduler'], {}, schedulerPort),
      site.start(['result-aggregator'], { redis: { url: redis.url } }, aggregatorPort),
    ]);
  });
  afterAll(async () => {
    await site?.close();
    await redis?.kill();
    await provider?.close();
  });

  it('a viewer of the box sees what another process had judged', async () => {
    const viewer = await Viewer.connect(detector.url, 'frames=none');
    viewer.send('watch', { cameraId: camera });
    const { data } = await viewer.waitFor('detection_result', ({ llmModel }) => llmModel === 'fake-vl');
    expect(data.dangerousDrivingResults.length).toBeGreaterThan(0);
    viewer.close();
  });

  it('each process does its own part alone', async () => {
    await vi.waitFor(async () => {
      expect(await reading(detector, 'detection_total')).toBeGreaterThan(0);
      expect(await reading(generator, 'tasks_generated_total')).toBeGreaterThan(0);
      expect(await reading(scheduler, 'risk_answers_total{source="model"}')).toBeGreaterThan(0);
      expect(await reading(aggregator, 'aggregated_detections_total{outcome="complete"}')).toBeGreaterThan(0);
    }, guard);
    expect(await reading(detector, 'tasks_generated_total')).toBe(0);
    expect(await reading(generator, 'tasks_processed_total')).toBe(0);
    expect(await reading(scheduler, 'detection_total')).toBe(0);
  });

  it('each is killed while it works: whatever the broker had accepted is assessed and joined in the end', async () => {
    const feed = await Feed.start(site.broker.address);
    const joined = new Redis(redis.url);
    try {
      await vi.waitUntil(async () => (await feed.unjoined(joined)).length < feed.accepted.size, guard);
      generator = await site.killAndStartAgain(generator);
      scheduler = await site.killAndStartAgain(scheduler);
      aggregator = await site.killAndStartAgain(aggregator);
      const before = feed.accepted.size;
      await vi.waitUntil(async () => (await feed.unjoined(joined)).length < feed.accepted.size - before, guard);
      await feed.end();
      await vi.waitUntil(async () => (await feed.unjoined(joined)).length === 0, guard);
      expect(feed.accepted.size).toBeGreaterThan(before);
    } finally {
      await feed.end();
      joined.disconnect();
    }
  });
});

describe("two boxes, of which one does everything but the other's cameras", () => {
  let provider: FakeProvider;
  let redis: RedisServer;
  let site: Site;
  let other: Appliance;
  let all: Appliance;

  beforeAll(async () => {
    provider = await FakeProvider.start({ keys: { 'fake-key': 'account' }, risk: 'high', latency: { meanMs: 20 } });
    redis = await RedisServer.start();
    site = await Site.create(
      {
        allowFiles: true,
        analysis: { intervalMs: 500 },
        risk: { cooldownMs: 500 },
        llm: { baseUrl: provider.baseUrl(), model: 'fake-vl' },
      },
      { DASHSCOPE_API_KEY: 'fake-key' },
    );
    const [first, second] = siteCameras;
    [other, all] = await Promise.all([
      site.start(['detector'], { cameras: [first] }),
      site.start(['detector', 'task-generator', 'llm-scheduler', 'result-aggregator'], {
        cameras: [second],
        redis: { url: redis.url },
      }),
    ]);
  });
  afterAll(async () => {
    await site?.close();
    await redis?.kill();
    await provider?.close();
  });

  it('other programs are told of the dangers of both, each once', async () => {
    const reader = new Redis(redis.url);
    const notices = async (cameraId: string) =>
      (await reader.lrange(`alerts:${cameraId}`, 0, -1)).map((text) => JSON.parse(text));
    try {
      for (const { id } of siteCameras) {
        await vi.waitFor(async () => expect((await notices(id)).length).toBeGreaterThan(0), guard);
        const told = await notices(id);
        expect(told).toMatchObject(told.map(() => ({ cameraId: id, level: 'high' })));
        // A second teller would have ids of its own for what was seen in the same frame.
        const places = told.map(({ requestId, bbox }) => `${requestId} ${bbox}`);
        expect(new Set(places).size).toBe(places.length);
      }
    } finally {
      reader.disconnect();
    }
  });

  it('each screen has the alerts of its own camera, whoever judged it', async () => {
    for (const [index, { url }] of [other, all].entries()) {
      await vi.waitFor(async () => {
        const { data } = (await (await fetch(`${url}/api/alerts`)).json()) as {
          data: { alerts: { cameraId: string }[] };
        };
        expect(new Set(data.alerts.map(({ cameraId }) => cameraId))).toEqual(new Set([siteCameras[index]?.id]));
      }, guard);
    }
  });
});
