/** What a technician does with a box: has it examined, saves what it keeps, and brings that to another one. */
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { stringify } from 'yaml';
import { everythingIsAnAlert } from './support/alert-settings.ts';
import { Appliance, freePort, repositoryRoot } from './support/appliance.ts';
import { runProgramIn } from './support/program.ts';

const walkers = join(repositoryRoot, 'demo/street-walkers.mp4');
const secrets = {
  token: 'planted-token-0123456789',
  camera: 'planted-camera-password',
  kafka: 'planted-kafka-password',
  key: 'planted-api-key-4711',
  variable: 'planted-uplink-password',
};

let folder: string;
let appliance: Appliance | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roadwatch-care-'));
});
afterEach(async () => {
  await appliance?.stop();
  appliance = undefined;
  // An appliance that was started in it has taken it along.
  await rm(folder, { recursive: true, force: true });
});

async function keysFile(): Promise<string> {
  const file = join(folder, 'api_keys.yaml');
  await writeFile(file, stringify({ api_keys: [{ id: 'first', api_key: secrets.key }] }));
  return file;
}

describe('doctor', () => {
  it('tells of program, configuration, service, stores and log, and not one secret', async () => {
    const port = await freePort();
    const settings = {
      allowFiles: true,
      server: { authToken: secrets.token, port },
      cameras: [
        { id: 'gate', url: walkers },
        { id: 'away', url: `rtsp://admin:${secrets.camera}@127.0.0.1:9/` },
      ],
      kafka: { security: { protocol: 'sasl_ssl', username: 'box', password: secrets.kafka } },
      llm: { keysFile: await keysFile() },
    };
    appliance = await Appliance.start(settings, {}, port);
    const log = join(folder, 'other.log');
    const lines = [
      `{"level":"error","msg":"wrong key ${secrets.key}"}`,
      `{"level":"info","msg":"token=${secrets.token}"}`,
    ];
    await writeFile(log, `${lines.join('\n')}\nsent ${secrets.camera} and ${encodeURIComponent(secrets.kafka)}\n`);
    const config = join(folder, 'roadwatch.yaml');
    // The user name and the password stand in variables.
    await writeFile(config, stringify({ ...settings, uplink: { security: { protocol: 'sasl_ssl' } } }));
    const out = join(folder, 'report.json.gz');
    const { code, stdout } = await runProgramIn(
      { STATE_DIRECTORY: appliance.stateFolder, ALGO_UPLINK_USERNAME: 'box', ALGO_UPLINK_PASSWORD: secrets.variable },
      ...['doctor', '--config', config, '--out', out, '--log', log],
    );
    expect([code, stdout.trim()]).toEqual([0, out]);
    expect((await stat(out)).mode & 0o777).toBe(0o600);
    const text = gunzipSync(await readFile(out)).toString();
    for (const [name, secret] of Object.entries(secrets)) expect(text.includes(secret), name).toBe(false);
    const report = JSON.parse(text);
    expect(report).toMatchObject({
      form: 1,
      program: { version: expect.any(String), engine: { ffmpeg: expect.any(String) } },
      configuration: {
        cameras: [{ id: 'gate' }, { id: 'away', url: 'rtsp://***@127.0.0.1:9/' }],
        server: { authToken: '***' },
      },
      service: {
        '/api/health/health_check': { code: 0, data: { status: 'UP', inference: { provider: 'cpu' } } },
        '/api/cameras': { code: 0 },
      },
      machine: { memoryBytes: { total: expect.any(Number) }, disk: { freeBytes: expect.any(Number) } },
      crashes: 'none',
    });
    expect(JSON.stringify(report.service['/api/cameras'])).toContain('"reason":{"code":"unreachable"');
    expect(report.log).toContainEqual({
      source: log,
      trouble: ['{"level":"error","msg":"wrong key ***"}', 'sent *** and ***'],
      last: expect.arrayContaining(['{"level":"info","msg":"token=***"}']),
    });
  });

  it('tells why where nothing works', async () => {
    const config = join(folder, 'roadwatch.yaml');
    await writeFile(config, 'server: { prot: 5000 }\n');
    const out = join(folder, 'report.json.gz');
    const { code } = await runProgramIn(
      { STATE_DIRECTORY: join(folder, 'none') },
      'doctor',
      '--config',
      config,
      '--out',
      out,
    );
    expect(code).toBe(0);
    const report = JSON.parse(gunzipSync(await readFile(out)).toString());
    expect(report.configuration.error).toContain('no such setting; did you mean port?');
    expect(report.service).toEqual({ unknown: 'without a configuration' });
    const again = await runProgramIn({}, 'doctor', '--out', out);
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('EEXIST') });
  });
});

describe('a backup', () => {
  it('is made while the service runs, and another box goes on with it', async () => {
    appliance = await Appliance.start({
      allowFiles: true,
      server: { authToken: secrets.token },
      cameras: [{ id: 'gate', url: walkers }],
      analysis: { intervalMs: 500 },
      ...everythingIsAnAlert,
    });
    const headers = { authorization: `Bearer ${secrets.token}` };
    const alertsOf = async ({ url }: Appliance) => {
      const answer = await fetch(`${url}/api/alerts`, { headers });
      return ((await answer.json()) as { data: { alerts: { id: string }[] } }).data.alerts.map(({ id }) => id);
    };
    const first = appliance;
    await vi.waitFor(async () => expect((await alertsOf(first)).length).toBeGreaterThan(0), { timeout: 30_000 });
    const known = await alertsOf(first);
    const out = join(folder, 'box.tar.gz');
    const from = { STATE_DIRECTORY: first.stateFolder };
    const made = await runProgramIn(from, 'backup', '--config', first.configFile, '--with-secrets', '--out', out);
    expect(made).toMatchObject({ code: 0, stdout: `${out}\n` });

    const refused = await runProgramIn(from, 'restore', '--config', first.configFile, out);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining(`(pid ${first.process.pid}) uses `) });
    await first.stop();

    const state = join(folder, 'roadwatch');
    const config = join(folder, 'roadwatch.yaml');
    const restored = await runProgramIn({ STATE_DIRECTORY: state }, 'restore', '--config', config, out);
    expect(restored.stderr).toContain('Restored what Roadwatch ');
    expect(restored.code).toBe(0);
    appliance = await Appliance.startIn(folder);
    expect(await alertsOf(appliance)).toEqual(expect.arrayContaining(known));
    expect((await fetch(`${appliance.url}/api/alerts`)).status).toBe(401);
  });
});
