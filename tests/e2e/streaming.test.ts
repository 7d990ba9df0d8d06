/** The whole way spread over processes: footage, detection, tasks, a model's answers, the join, the viewer. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { FakeProvider } from '../../src/fake-llm/fake-provider.ts';
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
