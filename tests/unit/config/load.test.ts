import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ConfigError } from '../../../src/config/config-error.ts';
import { installedPath } from '../../../src/config/installation.ts';
import { type LoadOptions, loadConfig } from '../../../src/config/load.ts';
import type { Config } from '../../../src/config/schema.ts';

let cwd: string;

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'roadwatch-config-'));
});

afterEach(() => {
  rmSync(cwd, { recursive: true });
});

function load(options: Partial<LoadOptions> = {}): Config {
  return loadConfig({ env: {}, cwd, ...options });
}

/** What a configuration is refused with, a line for each problem. */
function problemsOf(options: Partial<LoadOptions>): string[] {
  try {
    load(options);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).message.split('\n');
  }
  return [];
}

function writeYaml(lines: readonly string[]): void {
  mkdirSync(join(cwd, 'config'), { recursive: true });
  writeFileSync(join(cwd, 'config', 'roadwatch.yaml'), `${lines.join('\n')}\n`);
}

describe('without any setting', () => {
  test('the defaults are those that other programs count on', () => {
    const config = load();
    expect(config.server).toEqual({
      host: '0.0.0.0',
      port: 5000,
      allowAnonymous: false,
      anonymousRole: 'operator',
      setupFromNetwork: false,
      allowedOrigins: [],
      maxMessageBytes: 65_536,
      maxMessagesPerSecond: 20,
      maxConnections: 200,
      maxBufferedBytes: 4 * 1024 * 1024,
    });
    expect(config.analysis.intervalMs).toBe(1800);
    expect(config.detection).toEqual({
      confidence: 0.35,
      iou: 0.5,
      maxObjects: 200,
      classes: ['person', 'bicycle', 'car', 'motorcycle', 'bus', 'truck', 'traffic light', 'stop sign'],
    });
    expect(config.grouping).toEqual({ distancePx: 150, minMembers: 2, cropMarginPx: 12 });
    expect(config.detector.inputSize).toBe(640);
    expect(config.detector.manifestPath).toBe(installedPath('models', 'nanodet-g.yaml'));
    expect(config.alerts.pauseMs).toBe(3000);
    expect(config.kafka).toMatchObject({ enabled: false, roles: ['all'], bootstrapServers: ['localhost:9092'] });
    expect(config.llm).toMatchObject({
      model: 'qwen-vl-plus',
      timeoutMs: 30_000,
      maxRetries: 2,
      language: 'zh',
    });
    expect(config.risk).toMatchObject({ enabled: true, cooldownMs: 3000 });
    expect(config.risk.thresholds).toEqual({ low: 0.45, medium: 0.65, high: 0.8 });
  });

  test('threads are within their limits on any machine', () => {
    const { analysis } = load();
    expect(analysis.decodeThreads).toBeGreaterThanOrEqual(1);
    expect(analysis.decodeThreads).toBeLessThanOrEqual(8);
  });
});

describe('the order of places', () => {
  test('environment is over .env, .env over the file, flags over all', () => {
    writeYaml(['server:', '  port: 1001', 'log:', '  level: debug', 'detection:', '  confidence: 0.2']);
    expect(load().server.port).toBe(1001);
    writeFileSync(join(cwd, '.env'), 'ALGO_SERVER_PORT=1002\nALGO_LOG_LEVEL=warn\n');
    expect(load().server.port).toBe(1002);
    expect(load({ env: { ALGO_SERVER_PORT: '1003' } }).server.port).toBe(1003);
    const flags = [{ flag: '--port', path: ['server', 'port'], value: 1004 }];
    const config = load({ env: { ALGO_SERVER_PORT: '1003' }, flags });
    expect(config.server.port).toBe(1004);
    expect(config.log.level).toBe('warn');
    expect(config.detection.confidence).toBe(0.2);
  });

  test('an embedded configuration stands in for the file', () => {
    writeYaml(['server:', '  port: 1001']);
    expect(load({ embedded: { allowFiles: true } })).toMatchObject({ allowFiles: true, server: { port: 5000 } });
  });

  test('a relative manifest path starts at the working directory', () => {
    expect(load({ env: { ALGO_MODEL_CONFIG_PATH: 'models/own.yaml' } }).detector.manifestPath).toBe(
      join(cwd, 'models', 'own.yaml'),
    );
  });
});

describe('environment', () => {
  test('every name has its setting, in its unit', () => {
    const config = load({
      env: {
        ALGO_SERVER_HOST: '10.0.0.1',
        ALGO_SERVER_PORT: '6000',
        ALGO_FRAME_INTERVAL: '0.25',
        ALGO_ALERT_PAUSE_SECONDS: '5',
        ALGO_BACKEND_BASE_URL: 'https://central.example/api',
        ALGO_MODEL_CONFIG_PATH: '/models/own.yaml',
        ALGO_ALLOWED_CLASSES: 'person, traffic light ,car',
        ALGO_ENABLE_KAFKA_STREAMING: 'false',
        ALGO_KAFKA_BOOTSTRAP_SERVERS: 'a:9092,b:9093',
        ALGO_AUTH_TOKEN: 'a-token-of-some-length',
        ALGO_ALLOW_ANONYMOUS: 'TRUE',
        ALGO_ALLOWED_ORIGINS: 'https://screen.example',
        ALGO_LOG_LEVEL: 'error',
        DASHSCOPE_API_KEY: 'sk-123',
      },
    });
    expect(config.server).toMatchObject({
      host: '10.0.0.1',
      port: 6000,
      authToken: 'a-token-of-some-length',
      allowAnonymous: true,
      allowedOrigins: ['https://screen.example'],
    });
    expect(config.analysis.intervalMs).toBe(250);
    expect(config.alerts.pauseMs).toBe(5000);
    expect(config.backend.baseUrl).toBe('https://central.example/api');
    expect(config.detector.manifestPath).toBe('/models/own.yaml');
    expect(config.detection.classes).toEqual(['person', 'traffic light', 'car']);
    expect(config.kafka).toMatchObject({ enabled: false, bootstrapServers: ['a:9092', 'b:9093'] });
    expect(config.log.level).toBe('error');
    expect(config.llm.apiKey).toBe('sk-123');
  });

  test('an empty variable counts as not set', () => {
    expect(load({ env: { ALGO_AUTH_TOKEN: '', ALGO_SERVER_PORT: ' ' } }).server).toMatchObject({ port: 5000 });
  });

  test('names of other programs are left alone', () => {
    expect(problemsOf({ env: { PATH: '/bin', OTHER_PORT: 'x' } })).toEqual([]);
  });

  test('an unknown name of ours is an error that names the nearest', () => {
    expect(problemsOf({ env: { ALGO_SEVER_PORT: '1' } })).toEqual([
      'environment ALGO_SEVER_PORT: no such variable; did you mean ALGO_SERVER_PORT?',
    ]);
  });

  test.each([
    ['ALGO_SERVER_PORT', 'abc', 'expected a whole number from 0 to 65535, received "abc"'],
    ['ALGO_SERVER_PORT', '0x10', 'expected a whole number from 0 to 65535, received "0x10"'],
    ['ALGO_SERVER_PORT', '70000', 'expected a whole number from 0 to 65535, received "70000"'],
    ['ALGO_FRAME_INTERVAL', '0', 'expected a number from 0.04 to 3600 s, received "0"'],
    ['ALGO_ALLOW_ANONYMOUS', 'yes', 'expected true or false, received "yes"'],
    ['ALGO_ENABLE_KAFKA_STREAMING', 'on', 'expected true or false, received "on"'],
    ['ALGO_ROLES', 'detector', 'expected [all] while kafka.enabled is false, received a list of 1'],
    [
      'ALGO_AUTH_TOKEN',
      'short',
      'expected 16 to 512 printable ASCII characters without spaces, received a value that is not shown',
    ],
    ['ALGO_BACKEND_BASE_URL', 'ftp://u:p@h', 'expected http:// or https:// and a host, received "ftp://***@h"'],
  ])('%s=%s is refused', (name, value, message) => {
    expect(problemsOf({ env: { [name]: value } })).toEqual([`environment ${name}: ${message}`]);
  });

  test('the bad item of a list is named', () => {
    expect(problemsOf({ env: { ALGO_KAFKA_BOOTSTRAP_SERVERS: 'a:9092,b' } })).toEqual([
      'environment ALGO_KAFKA_BOOTSTRAP_SERVERS item 2: expected host:port, received "b"',
    ]);
  });

  test('an installation may name its own files; --config is stronger', () => {
    writeFileSync(join(cwd, 'box.yaml'), 'server: { port: 1001, host: 127.0.0.2 }\n');
    writeFileSync(join(cwd, 'box.env'), 'ALGO_SERVER_PORT=1002\n');
    writeFileSync(join(cwd, '.env'), 'ALGO_SERVER_PORT=9\n');
    const env = { ROADWATCH_CONFIG: 'box.yaml', ROADWATCH_ENV_FILE: join(cwd, 'box.env') };
    expect(load({ env }).server).toMatchObject({ port: 1002, host: '127.0.0.2' });
    writeFileSync(join(cwd, 'other.yaml'), 'server: { host: 127.0.0.3 }\n');
    expect(load({ env, file: 'other.yaml' }).server.host).toBe('127.0.0.3');
    expect(problemsOf({ env: { ROADWATCH_CONFIG: 'none.yaml' } })).toEqual([expect.stringContaining('none.yaml')]);
    writeFileSync(join(cwd, 'box.env'), 'ALGO_SERVER_PORT=x\n');
    expect(problemsOf({ env })).toEqual([expect.stringContaining(`${join(cwd, 'box.env')}:1 ALGO_SERVER_PORT: `)]);
  });

  test('a problem in .env names its line', () => {
    writeFileSync(join(cwd, '.env'), '# first\n\nALGO_SERVER_PORT=x\n');
    expect(problemsOf({})).toEqual(['.env:3 ALGO_SERVER_PORT: expected a whole number from 0 to 65535, received "x"']);
  });
});

describe('the file', () => {
  test('all problems are listed, each with its line', () => {
    writeYaml([
      'server:',
      '  prot: 1',
      'cameras:',
      '  - id: 1',
      '    url: http://user:secret@10.0.0.9/video',
      '  - id: north gate',
      '    url: rtsp://10.0.0.8/',
      '    transport: sctp',
      '  - id: 3',
      'detection:',
      '  confidence: high',
    ]);
    expect(problemsOf({}).toSorted()).toEqual(
      [
        'config/roadwatch.yaml:2 server.prot: no such setting; did you mean port?',
        'config/roadwatch.yaml:5 cameras[0].url: expected rtsp:// or rtsps://, received "http://***@10.0.0.9/video"',
        'config/roadwatch.yaml:6 cameras[1].id: expected a number, or up to 64 letters, digits, ".", "_", ":" and "-", the first a letter or digit, received "north gate"',
        'config/roadwatch.yaml:8 cameras[1].transport: expected one of tcp, udp, received "sctp"',
        'config/roadwatch.yaml:9 cameras[2].url: expected rtsp:// or rtsps://, received nothing',
        'config/roadwatch.yaml:11 detection.confidence: expected a number from 0 to 1, received "high"',
      ].toSorted(),
    );
  });

  test('a missing file that was asked for is an error; the default one may be absent', () => {
    expect(problemsOf({ file: 'nowhere.yaml' })).toEqual([
      expect.stringMatching(/^nowhere\.yaml: cannot be read: ENOENT/),
    ]);
    expect(problemsOf({})).toEqual([]);
  });

  test('an empty file is a configuration of defaults', () => {
    writeYaml(['# nothing yet']);
    expect(load().cameras).toEqual([]);
  });

  test('a key that stands twice is refused', () => {
    writeYaml(['maxCameras: 1', 'log:', '  level: info', '  level: warn']);
    expect(problemsOf({})).toEqual([expect.stringMatching(/^config\/roadwatch\.yaml:4: .*unique/)]);
  });

  test('aliases that would fill the memory are refused', () => {
    const doubling = Array.from({ length: 12 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}, *a${i}, *a${i}]`);
    writeYaml(['a0: &a0 [x, x, x, x]', ...doubling]);
    expect(problemsOf({})).toEqual([expect.stringMatching(/aliases cannot be resolved/)]);
  });

  test.each([
    ['text', ['just text']],
    ['a list', ['- 1']],
  ])('%s instead of settings is refused', (_, lines) => {
    writeYaml(lines);
    expect(problemsOf({})).toEqual([expect.stringMatching(/^config\/roadwatch\.yaml:1: expected settings by name/)]);
  });

  test('something that is no YAML is refused with its line', () => {
    writeYaml(['log:', '  level: [']);
    expect(problemsOf({})[0]).toMatch(/^config\/roadwatch\.yaml:\d+: /);
  });

  test('a file too large to be a configuration is refused', () => {
    writeYaml([`# ${'x'.repeat(1_100_000)}`]);
    expect(problemsOf({})).toEqual([expect.stringMatching(/expected at most 1048576 bytes/)]);
  });

  test('two cameras of one id are refused, a number and its digits alike', () => {
    writeYaml(['cameras:', '  - { id: 7, url: rtsp://a/ }', '  - { id: "7", url: rtsp://b/ }']);
    expect(problemsOf({})).toEqual([
      'config/roadwatch.yaml:3 cameras[1].id: expected an id of its own, other than that of cameras[0], received "7"',
    ]);
  });

  test('a file as a camera needs leave', () => {
    const lines = ['cameras:', '  - { id: 1, url: clips/street.mp4 }'];
    writeYaml(lines);
    expect(problemsOf({})).toEqual([
      'config/roadwatch.yaml:2 cameras[0].url: expected rtsp:// or rtsps:// (a file only where allowFiles is true), received "clips/street.mp4"',
    ]);
    writeYaml(['allowFiles: true', ...lines]);
    expect(load().cameras).toMatchObject([{ id: '1', url: 'clips/street.mp4' }]);
  });

  test('more cameras than may run are refused', () => {
    writeYaml(['maxCameras: 1', 'cameras:', '  - { id: 1, url: rtsp://a/ }', '  - { id: 2, url: rtsp://b/ }']);
    expect(problemsOf({})).toEqual([
      'config/roadwatch.yaml:1 maxCameras: expected at least 2, the number of cameras below `cameras`, received 1',
    ]);
  });

  test('limits the wrong way round are refused', () => {
    writeYaml(['source:', '  backoff:', '    firstMs: 5000', '    maxMs: 1000']);
    expect(problemsOf({})).toEqual([
      'config/roadwatch.yaml:4 source.backoff.maxMs: expected at least source.backoff.firstMs, which is 5000, received 1000',
    ]);
  });

  test('roles of their own need Kafka; an uplink beside Kafka is refused', () => {
    writeYaml(['kafka:', '  roles: [detector]']);
    expect(problemsOf({})).toEqual([
      'config/roadwatch.yaml:2 kafka.roles: expected [all] while kafka.enabled is false, received a list of 1',
    ]);
    writeYaml(['kafka:', '  enabled: true', 'uplink:', '  enabled: true']);
    expect(problemsOf({})).toEqual([
      'config/roadwatch.yaml:4 uplink.enabled: expected false while kafka.enabled is true: the outbox then takes detections to kafka.bootstrapServers, received true',
    ]);
    writeYaml(['uplink:', '  enabled: true']);
    expect(problemsOf({})).toEqual([]);
  });

  test('an address of Redis that is none is refused without showing it', () => {
    writeYaml(['redis:', '  url: redis://:secret-word@cache/latest']);
    expect(problemsOf({})).toEqual([
      'config/roadwatch.yaml:2 redis.url: expected redis://[user:password@]host[:port][/database], or rediss://… for TLS, without which a password is for this machine alone, received a value that is not shown',
    ]);
    writeYaml(['redis:', '  url: redis://cache', '  caFile: ca.pem']);
    expect(problemsOf({})).toEqual([
      'config/roadwatch.yaml:2 redis.url: expected rediss://…, as redis.caFile is given, received a value that is not shown',
    ]);
  });

  test.each([
    ['redis://:secret-word@cache', false],
    ['redis://box-7:secret-word@10.0.0.5:7000/3', false],
    ['rediss://:secret-word@cache', true],
    ['redis://cache', true],
    ['redis://:secret-word@127.0.0.1', true],
    ['redis://:secret-word@localhost/1', true],
    ['redis://:secret-word@[::1]', true],
  ])('a password of Redis does not travel to another machine in plain text: %s', (url, isFine) => {
    writeYaml(['redis:', `  url: ${url}`]);
    if (isFine) expect(load().redis.url).toBe(url);
    else
      expect(problemsOf({})).toEqual([
        expect.stringMatching(/^config\/roadwatch.yaml:2 redis.url: .*this machine alone/),
      ]);
  });

  test('a password of a broker does not travel in plain text', () => {
    writeYaml(['kafka:', '  security:', '    username: box-7', '    password: secret-word']);
    const problems = problemsOf({});
    expect(problems).toEqual([
      'config/roadwatch.yaml:2 kafka.security.protocol: expected sasl_ssl, as user or password are given, received nothing',
    ]);
    expect(problems.join()).not.toContain('secret-word');
  });

  test.each(['kafka', 'uplink'] as const)(
    'certificates that %s would check nothing by are a mistake: nothing goes in plain text by oversight',
    (section) => {
      writeYaml([`${section}:`, '  security:', '    caFile: ca.pem']);
      expect(problemsOf({})).toEqual([
        `config/roadwatch.yaml:2 ${section}.security.protocol: expected ssl or sasl_ssl, as certificates are given, received nothing`,
      ]);
      writeYaml([`${section}:`, '  security:', '    protocol: ssl', '    caFile: ca.pem']);
      expect(load()[section].security.caFile).toBe('ca.pem');
    },
  );

  test('secrets are not in errors', () => {
    writeYaml(['llm:', '  apiKey: [sk-secret]']);
    const problems = problemsOf({});
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain('llm.apiKey');
    expect(problems[0]).not.toContain('sk-secret');
  });

  test('an input size is a long side or both sides', () => {
    writeYaml(['detector:', '  inputSize: 384x640']);
    expect(load().detector.inputSize).toEqual({ heightPx: 384, widthPx: 640 });
    writeYaml(['detector:', '  inputSize: 384x650']);
    expect(problemsOf({})).toHaveLength(1);
  });
});
