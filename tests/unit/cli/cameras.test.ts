import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { parse, stringify } from 'yaml';
import { runCommandLine } from '../../../src/cli/program.ts';
import { installedPath } from '../../../src/config/installation.ts';

const address = 'rtsp://user:secret@camera.example/gate';

let folder: string;
let stdout: string;
let stderr: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadwatch-cli-cameras-'));
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    stdout += String(text);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    stderr += String(text);
    return true;
  });
  configure({});
});
afterEach(() => {
  vi.restoreAllMocks();
  process.stdout.removeAllListeners('error');
  rmSync(folder, { recursive: true });
});

function configure(settings: object): void {
  const config = { camerasFile: join(folder, 'cameras.json'), ...settings };
  writeFileSync(join(folder, 'roadwatch.yaml'), stringify(config));
}

/** What a command came to: its exit code; its output is in `stdout` and `stderr`. */
function cameras(...args: string[]): Promise<number> {
  [stdout, stderr] = ['', ''];
  return runCommandLine(['cameras', ...args, '--config', join(folder, 'roadwatch.yaml')]);
}

async function listed(): Promise<Record<string, unknown>[]> {
  await cameras('list', '--json');
  return JSON.parse(stdout).cameras;
}

describe('roadwatch cameras', () => {
  test('add, list and remove what is kept, and say where', async () => {
    expect(await cameras('add', 'gate', address, '--name', 'Gate', '--interval', '900', '--priority', '2')).toBe(0);
    expect(stderr).toContain(`kept in ${join(folder, 'cameras.json')}`);
    expect(await listed()).toEqual([
      {
        id: 'gate',
        url: 'rtsp://***@camera.example/gate',
        name: 'Gate',
        intervalMs: 900,
        priority: 2,
        enabled: true,
        zones: [],
        origin: 'store',
      },
    ]);
    expect(await cameras('list')).toBe(0);
    expect(stdout).toBe('gate (Gate): rtsp://***@camera.example/gate, every 0.9 s\n');
    expect(await cameras('remove', 'gate')).toBe(0);
    expect(await listed()).toEqual([]);
    expect(await cameras('remove', 'gate')).toBe(1);
    expect(stderr).toContain('unknown-camera');
  });

  test('read an address with its password from stdin, where nobody else sees it', async () => {
    const stdin = Object.getOwnPropertyDescriptor(process, 'stdin');
    Object.defineProperty(process, 'stdin', { configurable: true, value: Readable.from([`${address}\n`]) });
    try {
      expect(await cameras('add', 'gate', '-')).toBe(0);
    } finally {
      if (stdin) Object.defineProperty(process, 'stdin', stdin);
    }
    expect(JSON.parse(readFileSync(join(folder, 'cameras.json'), 'utf8')).cameras[0].url).toBe(address);
  });

  test('refuse a camera that does not fit: exit code 2, which setting, no password', async () => {
    expect(await cameras('add', 'gate', 'http://user:secret@camera.example')).toBe(2);
    expect(stderr).toContain('url: expected rtsp:// or rtsps://, received "http://***@camera.example"');
  });

  test('tell apart those of the configuration file, and leave them to it', async () => {
    configure({ cameras: [{ id: 'gate', url: address }] });
    await cameras('list');
    expect(stdout).toBe('gate: rtsp://***@camera.example/gate, every 1.8 s, from the configuration file\n');
    expect(await cameras('remove', 'gate')).toBe(1);
    expect(stderr).toContain('from-file');
  });
});

describe('export and import', () => {
  beforeEach(async () => {
    await cameras('add', 'gate', address, '--interval', '900');
    await cameras('add', 'yard', 'rtsp://camera.example/yard', '--disabled');
  });

  test.each(['yaml', 'json'])('%s, with secrets, bring all to another box', async (format) => {
    await cameras('export', '--format', format, '--with-secrets');
    const file = join(folder, 'export');
    writeFileSync(file, stdout);
    const before = await listed();
    rmSync(join(folder, 'cameras.json'));
    expect(await cameras('import', file)).toBe(0);
    expect(await listed()).toEqual(before);
    expect(readFileSync(join(folder, 'cameras.json'), 'utf8')).toContain(address);
  });

  test('without secrets print none, and cannot make a camera anew', async () => {
    await cameras('export');
    expect(parse(stdout).cameras[0]).toMatchObject({ id: 'gate', url: 'rtsp://***@camera.example/gate' });
    const file = join(folder, 'export.yaml');
    writeFileSync(file, stdout);
    expect(await cameras('import', file, '--replace')).toBe(0);
    expect(readFileSync(join(folder, 'cameras.json'), 'utf8')).toContain(address);
    await cameras('remove', 'gate', 'yard');
    expect(await cameras('import', file)).toBe(2);
    expect(stderr).toContain('in place of ***');
    expect(await listed()).toEqual([]);
  });

  test('take the cameras of a configuration, which then count there until they are taken out', async () => {
    await cameras('remove', 'gate', 'yard');
    configure({ cameras: [{ id: 'gate', url: address }] });
    expect(await cameras('import', join(folder, 'roadwatch.yaml'))).toBe(0);
    expect(stderr).toMatch(/gate: the configuration file has them, too/);
    configure({});
    expect(await listed()).toMatchObject([{ id: 'gate', origin: 'store' }]);
  });

  test('refuse a file with mistakes as a whole: where, what, expected', async () => {
    const file = join(folder, 'bad.yaml');
    writeFileSync(
      file,
      'cameras:\n  - id: new\n    url: rtsp://camera.example/\n  - id: bad\n    url: rtsp://x/\n    intervalMs: 1\n',
    );
    expect(await cameras('import', file)).toBe(2);
    expect(stderr).toContain(
      `${file}:4 cameras[1].intervalMs: expected a whole number from 40 to 3600000 ms, received 1`,
    );
    expect(await listed()).toHaveLength(2);
  });

  test('do not replace what is kept unless told to', async () => {
    await cameras('export', '--with-secrets');
    const file = join(folder, 'export.yaml');
    writeFileSync(file, stdout);
    expect(await cameras('import', file)).toBe(1);
    expect(stderr).toContain('camera-exists: there are cameras gate, yard already');
  });
});

describe('test', () => {
  test('looks at streams, and says of each what is sent or what is wrong', async () => {
    configure({ allowFiles: true, analysis: { intervalMs: 1000 } });
    await cameras('add', 'walkers', installedPath('demo', 'street-walkers.mp4'));
    await cameras('add', 'gone', join(folder, 'gone.mp4'));
    expect(await cameras('test')).toBe(3);
    expect(stdout).toMatch(/ok {4}walkers: h264 768x576, 10\.0 frames\/s, a keyframe every 2\.0 s, 0\.8 Mbit\/s/);
    expect(stdout).toContain('notice keyframes-rare: keyframes come every 2 s, analyses every 1 s');
    expect(stdout).toMatch(/FAIL {2}gone: not-found: /);
    expect(await cameras('test', 'walkers', '--json')).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, cameras: [{ id: 'walkers', stream: { gopMs: 2000 } }] });
  });

  test('of a camera that nobody knows is refused', async () => {
    expect(await cameras('test', 'nowhere')).toBe(1);
    expect(stderr).toContain('unknown-camera');
  });
});
