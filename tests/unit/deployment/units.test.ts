/** The units as systemd itself reads them: without a mistake, closed, and the role's like the whole one. */
import { execFile } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { installationRoot } from '../../../src/config/installation.ts';

const run = promisify(execFile);
const folder = join(installationRoot, 'systemd');
const textOf = (name: string) => readFileSync(join(folder, name), 'utf8');
const gpu = 'roadwatch-gpu.conf';

/** A machine on which the package is installed, as far as systemd looks at it. */
let root: string;
let units: string;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'roadwatch-units-'));
  units = join(root, 'usr/lib/systemd/system');
  cpSync('/lib/systemd/system', units, { recursive: true, verbatimSymlinks: true });
  for (const name of ['roadwatch.service', 'roadwatch@.service']) cpSync(join(folder, name), join(units, name));
  const node = join(root, 'usr/lib/roadwatch/bin/node');
  mkdirSync(join(node, '..'), { recursive: true });
  writeFileSync(node, '');
  chmodSync(node, 0o755);
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

/** What `systemd-analyze` says, on both of its outputs. */
async function analyze(...words: string[]): Promise<string> {
  const { stdout, stderr } = await run('systemd-analyze', [`--root=${root}`, ...words]);
  return stdout + stderr;
}

/** From 0, closed, to 10. */
async function exposureOf(unit: string): Promise<number> {
  const report = await analyze('security', '--offline=true', unit);
  return Number(/Overall exposure level for \S+: ([\d.]+)/.exec(report)?.[1] ?? Number.NaN);
}

describe('as they are', () => {
  test('there is nothing that systemd does not know or cannot find', async () => {
    expect(await analyze('verify', 'roadwatch.service', 'roadwatch@detector.service')).toBe('');
  });

  test('they are closed', async () => {
    expect(await exposureOf('roadwatch.service')).toBeLessThanOrEqual(2.5);
    expect(await exposureOf('roadwatch@detector.service')).toBeLessThanOrEqual(2.5);
  });

  test('a role differs from the whole in what makes it one', () => {
    const own = /^(Description|ExecStart|ExecStartPre|EnvironmentFile|StateDirectory)=|^# Measures once/;
    const shared = (name: string) =>
      textOf(name)
        .split('\n')
        .filter((line) => !own.test(line));
    expect(shared('roadwatch@.service')).toEqual(shared('roadwatch.service'));
    expect(textOf('roadwatch@.service')).toMatch(/^ExecStart=\S+ \S+ run --role %i /m);
    expect(textOf('roadwatch@.service')).toMatch(/^StateDirectory=roadwatch\/%i$/m);
  });
});

describe('with a GPU', () => {
  beforeAll(() => {
    const dropIns = join(units, 'roadwatch.service.d');
    mkdirSync(dropIns);
    cpSync(join(folder, gpu), join(dropIns, gpu));
  });
  afterAll(() => rmSync(join(units, 'roadwatch.service.d'), { recursive: true }));

  test('it is known, and still closed', async () => {
    expect(await analyze('verify', 'roadwatch.service')).toBe('');
    const exposure = await exposureOf('roadwatch.service');
    expect(exposure).toBeGreaterThan(await exposureOf('roadwatch@detector.service'));
    expect(exposure).toBeLessThanOrEqual(4);
  });
});

test('a mistake in a unit would be seen', async () => {
  writeFileSync(
    join(units, 'roadwatch-typo.service'),
    textOf('roadwatch.service').replace('WatchdogSec', 'WatchdogSecs'),
  );
  expect(await analyze('verify', 'roadwatch-typo.service')).toContain("'WatchdogSecs'");
});
