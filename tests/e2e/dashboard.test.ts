/**
 * The dashboard and the alerting rules, against a real Prometheus that scrapes the real program as deployment/ has it: each
 * query is valid, its metrics exist, and it gives what the panel shows, with the labels that its legend names.
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { FakeProvider } from '../../src/fake-llm/fake-provider.ts';
import { Prometheus } from '../support/prometheus.ts';
import { type Appliance, repositoryRoot } from './support/appliance.ts';
import { Site } from './support/site.ts';

const run = promisify(execFile);
const guard = { timeout: 45_000, interval: 500 };
const token = 'the-token-of-this-test';

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly h: number; readonly w: number; readonly x: number; readonly y: number };
  readonly targets?: readonly { readonly refId: string; readonly expr: string; readonly legendFormat: string }[];
}

const dashboard = JSON.parse(readFileSync(join(repositoryRoot, 'deployment/grafana/roadwatch.json'), 'utf8')) as {
  readonly uid: string;
  readonly panels: readonly Panel[];
};
const queries = dashboard.panels.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr, legendFormat }) => ({ name: `${title}: ${legendFormat}`, expr, legendFormat })),
);

/** Queries that dashboards of others have, too (the wire contract). */
const contractQueries = [
  'rate(detection_total[1m])',
  'histogram_quantile(0.95, rate(llm_latency_seconds_bucket[5m]))',
  'avg(api_key_success_rate) by (key_id)',
  'kafka_consumer_lag',
  'active_cameras',
  'sum(rate(risk_alerts_total{risk_level="high"}[1m]))',
];

/** What Grafana puts in place of its own variables. */
function asPrometheusReadsIt(expression: string): string {
  return expression.replaceAll('$__rate_interval', '1m');
}

const words = new Set(['by', 'on', 'and', 'or', 'unless', 'offset', 'ignoring', 'without', 'bool']);
const functions = new Set([
  ...['sum', 'avg', 'max', 'min', 'count', 'rate', 'increase', 'deriv'],
  ...['vector', 'histogram_quantile'],
]);

/** The metrics that a query names: what is left without labels, numbers, words and functions. */
function metricsIn(expression: string): string[] {
  const bare = expression
    .replaceAll(/\{[^}]*\}/g, ' ')
    .replaceAll(/\b(by|on|without|ignoring) *\([^)]*\)/g, ' ')
    .replaceAll(/\[[^\]]*\]|\boffset +\w+/g, ' ');
  const names = bare.match(/[a-z_]\w*/g) ?? [];
  return [...new Set(names)].filter((name) => !words.has(name) && !functions.has(name));
}

/** Without a label there is nothing until something goes wrong. */
const emptyWhileAllIsWell: ReadonlySet<string> = new Set(['kafka_send_errors_total']);

/** A histogram's and a summary's series go by names of their own. */
function familyOf(metric: string): string {
  return metric.replace(/_(bucket|sum|count)$/, '');
}

let provider: FakeProvider;
let site: Site;
let appliance: Appliance;
let prometheus: Prometheus;
let exposed: Set<string>;

beforeAll(async () => {
  // Few requests a minute: some questions are answered by the model, others by rules.
  provider = await FakeProvider.start({
    keys: { 'fake-key': 'account' },
    limits: { '*': { requestsPerMinute: 60 } },
    latency: { meanMs: 20 },
  });
  const clips = ['market-street-1906', 'street-walkers', 'highway'].map((name) => ({
    id: name,
    url: join(repositoryRoot, `demo/${name}.mp4`),
  }));
  site = await Site.create(
    {
      allowFiles: true,
      cameras: [...clips, { id: 'unplugged', url: 'rtsp://127.0.0.1:9/none' }],
      analysis: { intervalMs: 500 },
      risk: { cooldownMs: 500 },
      llm: { baseUrl: provider.baseUrl(), model: 'fake-vl' },
    },
    { DASHSCOPE_API_KEY: 'fake-key', ALGO_AUTH_TOKEN: token },
  );
  appliance = await site.start(['detector', 'task-generator', 'llm-scheduler', 'result-aggregator']);
  prometheus = await Prometheus.start([`127.0.0.1:${appliance.port}`], token);
  await vi.waitFor(async () => {
    const [sample] = await prometheus.query('count_over_time(detection_total[1m])');
    expect(Number(sample?.value[1])).toBeGreaterThanOrEqual(5);
  }, guard);
  const scrape = await fetch(`${appliance.url}/metrics`, { headers: { authorization: `Bearer ${token}` } });
  exposed = new Set([...(await scrape.text()).matchAll(/^# TYPE (\S+)/gm)].map(([, name = '']) => name));
});
afterAll(async () => {
  await prometheus?.close();
  await site?.close();
  await provider?.close();
});

describe('each query of the dashboard', () => {
  test.each(queries)('$name', async ({ expr, legendFormat }) => {
    const metrics = metricsIn(expr);
    expect(metrics.length).toBeGreaterThan(0);
    for (const metric of metrics) expect(exposed, metric).toContain(familyOf(metric));
    if (metrics.every((metric) => emptyWhileAllIsWell.has(metric))) {
      await prometheus.query(asPrometheusReadsIt(expr));
      return;
    }
    await vi.waitFor(async () => {
      const samples = await prometheus.query(asPrometheusReadsIt(expr));
      expect(samples.length).toBeGreaterThan(0);
      for (const [, label = ''] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) {
        for (const { metric } of samples) expect(metric[label], label).toBeTruthy();
      }
    }, guard);
  });
});

test('queries of the contract are among them', () => {
  const ours = queries.map(({ expr }) => expr);
  for (const query of contractQueries) expect(ours).toContain(query);
});

test('panels have names, words and places of their own', () => {
  const { panels } = dashboard;
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  const taken = new Set<string>();
  for (const { title, type, description, targets = [], gridPos } of panels) {
    expect(title).not.toBe('');
    if (type !== 'row') {
      expect(description, title).toMatch(/\.$/);
      expect(targets.length, title).toBeGreaterThan(0);
      expect(new Set(targets.map(({ refId }) => refId)).size).toBe(targets.length);
    }
    expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
        expect(taken, `${title} at ${x},${y}`).not.toContain(`${x},${y}`);
        taken.add(`${x},${y}`);
      }
    }
  }
});

describe('alerting rules', () => {
  test('are evaluated without errors, over metrics that exist', async () => {
    const rules = await vi.waitFor(async () => {
      const all = await prometheus.alertRules();
      expect(all.map(({ health }) => health)).not.toContain('unknown');
      return all;
    }, guard);
    expect(rules.length).toBeGreaterThan(8);
    for (const { name, query, health, lastError } of rules) {
      expect(health, `${name}: ${lastError}`).toBe('ok');
      for (const metric of metricsIn(query)) {
        if (metric !== 'up') expect(exposed, `${name}: ${metric}`).toContain(familyOf(metric));
      }
    }
  });

  test('fire when they should, and not before', async () => {
    const file = join(repositoryRoot, 'tests/prometheus/rules.test.yml');
    const { stdout } = await run('promtool', ['test', 'rules', file]);
    expect(stdout).toContain('SUCCESS');
  });

  test('rules and settings are as promtool wants them', async () => {
    const rules = join(repositoryRoot, 'deployment/prometheus/rules.yml');
    expect((await run('promtool', ['check', 'rules', rules])).stdout).toMatch(/SUCCESS: \d+ rules found/);
    // The token's file is the operator's: syntax alone is checked where it is not there.
    const settings = join(repositoryRoot, 'deployment/prometheus/prometheus.yml');
    expect((await run('promtool', ['check', 'config', '--syntax-only', settings])).stdout).toContain('SUCCESS');
  });
});
