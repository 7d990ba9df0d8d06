/** Footage → detection → group → a model's answer, in the real program; the model is a fake one in another process. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { FakeProvider } from '../../src/fake-llm/fake-provider.ts';
import { Appliance, repositoryRoot } from './support/appliance.ts';
import { metricsOf, readingOf } from './support/metrics.ts';
import { Viewer } from './support/viewer.ts';

const cameras = ['market-street-1906', 'street-walkers'].map((name) => ({
  id: name,
  url: join(repositoryRoot, `demo/${name}.mp4`),
}));
const settings = { allowFiles: true, cameras, analysis: { intervalMs: 500 }, risk: { cooldownMs: 500 } };
const guard = { timeout: 30_000, interval: 100 };

describe('with a key', () => {
  let provider: FakeProvider;
  let appliance: Appliance;

  beforeAll(async () => {
    provider = await FakeProvider.start({ keys: { 'fake-key': 'account' }, latency: { meanMs: 20 } });
    const llm = { baseUrl: provider.baseUrl(), model: 'fake-vl' };
    appliance = await Appliance.start({ ...settings, llm }, { DASHSCOPE_API_KEY: 'fake-key' });
  });
  afterAll(async () => {
    await appliance.stop();
    await provider.close();
  });

  it('groups get the model’s answers, in time, and what dashboards ask for is there', async () => {
    const metrics = await vi.waitFor(async () => {
      const text = await metricsOf(appliance);
      expect(readingOf(text, 'risk_answers_total{source="model"}')).toBeGreaterThan(5);
      return text;
    }, guard);
    expect(
      readingOf(metrics, 'llm_requests_total{key_id="default",outcome="answered",purpose="first"}'),
    ).toBeGreaterThan(0);
    expect(readingOf(metrics, 'llm_latency_seconds_count')).toBeGreaterThan(0);
    expect(readingOf(metrics, 'llm_token_usage_total{type="prompt"}')).toBeGreaterThan(1000);
    expect(readingOf(metrics, 'api_key_success_rate{key_id="default"}')).toBe(1);
    expect(readingOf(metrics, 'tasks_processed_total')).toBeGreaterThan(5);
    expect(metrics).not.toContain('fake-key');
    expect(provider.statistics().badRequests).toBe(0);
  });

  it('the key is in no line of the log', () => {
    expect(appliance.log.some(({ msg }) => msg.includes('fake-vl'))).toBe(true);
    expect(JSON.stringify(appliance.log)).not.toContain('fake-key');
  });
});

describe('without a key', () => {
  let appliance: Appliance;

  beforeAll(async () => {
    appliance = await Appliance.start(settings);
  });
  afterAll(() => appliance.stop());

  it('rules judge alone, which is said once, and viewers get their detections', async () => {
    const viewer = await Viewer.connect(appliance.url, 'frames=none');
    viewer.send('watch', { cameraId: 'street-walkers' });
    await viewer.waitFor('detection_result');
    await vi.waitFor(async () => {
      const text = await metricsOf(appliance);
      expect(readingOf(text, 'risk_answers_total{source="rules"}')).toBeGreaterThan(5);
      expect(readingOf(text, 'risk_answers_total{source="model"}')).toBe(0);
    }, guard);
    expect(appliance.log.filter(({ msg }) => /local rules alone/.test(msg))).toHaveLength(1);
    viewer.close();
  });

  it('it stops in time', async () => {
    const { code, tookMs } = await appliance.stop();
    expect(code).toBe(0);
    expect(tookMs).toBeLessThan(5000);
  });
});
