/** The whole way spread over processes: footage, detection, tasks, a model's answers, the join, the viewer. */
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { FakeProvider } from '../../src/fake-llm/fake-provider.ts';
import { RedisServer } from '../support/redis-server.ts';
import type { Appliance } from './support/appliance.ts';
import { Site, siteCameras } from './support/site.ts';
import { Viewer } from './support/viewer.ts';

const guard = { timeout: 60_000, interval: 200 };
const camera = 'street-walkers';

async function reading(appliance: Appliance, name: string): Promise<number> {
  const text = await (await fetch(`${appliance.url}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

describe('a process for each role', () => {
  let provider: FakeProvider;
  let site: Site;
  let detector: Appliance;
  let generator: Appliance;
  let scheduler: Appliance;
  let aggregator: Appliance;

  beforeAll(async () => {
    provider = await FakeProvider.start({ keys: { 'fake-key': 'account' }, latency: { meanMs: 20 } });
    site = await Site.create(
      { allowFiles: true, risk: { cooldownMs: 500 }, llm: { baseUrl: provider.baseUrl(), model: 'fake-vl' } },
      { DASHSCOPE_API_KEY: 'fake-key' },
    );
    [detector, generator, scheduler, aggregator] = await Promise.all([
      site.start(['detector'], { cameras: siteCameras, analysis: { intervalMs: 500 } }),
      site.start(['task-generator']),
      site.start(['llm-scheduler']),
      site.start(['result-aggregator']),
    ]);
  });
  afterAll(async () => {
    await site?.close();
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
