import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { runCommandLine } from '../../../src/cli/program.ts';
import { installedPath, installedVersion } from '../../../src/config/installation.ts';

let folder: string;
let stdout: string;
let stderr: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadwatch-cli-'));
  stdout = '';
  stderr = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    stdout += String(text);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    stderr += String(text);
    return true;
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  process.stdout.removeAllListeners('error');
  rmSync(folder, { recursive: true });
});

function writeConfig(text: string): string {
  const file = join(folder, 'roadwatch.yaml');
  writeFileSync(file, text);
  return file;
}

describe('wrong usage is exit code 2 and says why', () => {
  test.each([
    [['fly'], /unknown command 'fly'/],
    [['run', '--prot', '1'], /unknown option '--prot'.*\n?.*--port/],
    [['detect'], /missing required argument 'file'/],
    [['detect', 'a.jpg', '--every', 'x'], /number from 0 to 3600/],
    [['demo', '--cameras', '0'], /whole number from 1 to 64/],
    [['demo', '--cameras', '1.5'], /whole number from 1 to 64/],
  ])('%j', async (args, message) => {
    expect(await runCommandLine(args)).toBe(2);
    expect(stderr).toMatch(message);
    expect(stdout).toBe('');
  });

  test('a configuration that cannot be used', async () => {
    const file = writeConfig('server:\n  port: many\n');
    expect(await runCommandLine(['config', '--config', file, '--log-level', 'loud'])).toBe(2);
    expect(stderr).toContain(`${file}:2 server.port: expected a whole number from 0 to 65535, received "many"`);
    expect(stderr).toContain(
      'command line --log-level: expected one of silent, error, warn, info, debug, received "loud"',
    );
  });

  test('a bad flag of detect, before anything is loaded', async () => {
    const args = ['detect', 'a.jpg', '--confidence', '2', '--size', '100x100', '--config', writeConfig('')];
    expect(await runCommandLine(args)).toBe(2);
    expect(stderr).toContain('command line --confidence: expected a number from 0 to 1, received "2"');
    expect(stderr).toContain('command line --size: expected a long side such as 640');
  });
});

test('help and version are no failures', async () => {
  expect(await runCommandLine(['--version'])).toBe(0);
  expect(stdout.trim()).toBe(installedVersion());
  expect(await runCommandLine(['detect', '--help'])).toBe(0);
  expect(stdout).toContain('--draw <folder>');
});

describe('config', () => {
  test('prints what results, without secrets, as YAML and as one line of JSON', async () => {
    vi.stubEnv('ALGO_AUTH_TOKEN', 'token-0123456789abcdef');
    const file = writeConfig('cameras:\n  - { id: 1, url: "rtsp://user:secret@host/live" }\n');
    expect(await runCommandLine(['config', '--config', file, '--port', '6000'])).toBe(0);
    expect(parse(stdout)).toMatchObject({ server: { port: 6000, authToken: '***' }, cameras: [{ id: '1' }] });
    expect(stdout).not.toMatch(/secret|token-0123/);
    const yaml: unknown = parse(stdout);
    stdout = '';
    expect(await runCommandLine(['config', '--config', file, '--port', '6000', '--json'])).toBe(0);
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    expect(JSON.parse(stdout)).toEqual(yaml);
  });
});

describe('check', () => {
  test('says what is wrong with the configuration, also as JSON', async () => {
    const file = writeConfig('cameras:\n  - { id: 1, url: "http://host/" }\n');
    expect(await runCommandLine(['check', '--json', '--config', file])).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      checks: [{ subject: 'configuration', ok: false, code: 'bad-configuration' }],
    });
  });
});

describe('schemas', () => {
  test('writes them into a folder that it makes, and names the files', async () => {
    const out = join(folder, 'some', 'where');
    expect(await runCommandLine(['schemas', '--out', out])).toBe(0);
    const files = readdirSync(out);
    expect(stdout.trimEnd().split('\n').toSorted()).toEqual(files.map((file) => join(out, file)).toSorted());
    for (const file of files) {
      expect(readFileSync(join(out, file), 'utf8')).toBe(readFileSync(installedPath('docs', 'schemas', file), 'utf8'));
    }
  });

  test('prints them, one line each, where no folder is named', async () => {
    expect(await runCommandLine(['schemas'])).toBe(0);
    const ids = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).$id);
    expect(ids).toContain('urn:roadwatch:schema:detection-results');
    expect(ids).toHaveLength(6);
  });

  test('a folder that cannot be made is an error that says so', async () => {
    const file = writeConfig('');
    expect(await runCommandLine(['schemas', '--out', join(file, 'below')])).toBe(1);
    expect(stderr).toMatch(/cannot-write: --out: expected a folder that can be written: ENOTDIR/);
  });
});
