/**
 * The Debian package on a new machine with systemd: installed, supervised, upgraded, removed. The unit runs as it is, with its own
 * user, credentials and walls.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { repositoryRoot } from './support/appliance.ts';
import { Machine } from './support/machine.ts';

/** Namespaces, and the rights of others' files, want root: CI has it. */
const hasRoot = process.getuid?.() === 0;
const unit = 'roadwatch.service';
const settings = '/etc/roadwatch/roadwatch.yaml';
/** A camera that is a clip of the package, so that every stage moves. */
const withCamera = `cameras: [{ id: gate, url: /usr/lib/roadwatch/demo/street-walkers.mp4 }]
allowFiles: true
analysis: { intervalMs: 500 }
`;
/** Only a guard against a hanging test. */
const waitGuard = { timeout: 20_000, interval: 200 };
/** What the fault of a test may take until it is noticed. */
const shortWatchdog = '[Service]\nWatchdogSec=3\n';

describe.skipIf(!hasRoot && !process.env.CI)('the package', () => {
  let folder: string;
  let file: string;
  let machine: Machine;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'roadwatch-package-'));
    file = execFileSync(join(repositoryRoot, 'scripts/build-deb.sh'), ['--out', folder], { encoding: 'utf8' }).trim();
    const depends = execFileSync('dpkg-deb', ['--field', file, 'Depends'], { encoding: 'utf8' });
    machine = await Machine.boot(depends.split(',').map((name) => name.trim().split(/[ (]/)[0] ?? ''));
  }, 120_000);

  afterAll(async () => {
    await machine?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** What the service answers, asked on the machine itself. */
  async function ask(path: string): Promise<{ code: number; data: Record<string, unknown> }> {
    const script = `fetch('http://127.0.0.1:5000${path}').then(async (answer) => console.log(await answer.text()))`;
    return JSON.parse(await machine.do('/usr/lib/roadwatch/bin/node', '-e', script));
  }

  async function isActive(): Promise<string> {
    return (await machine.run('systemctl', 'is-active', unit)).text.trim();
  }

  async function mainPid(): Promise<string> {
    return (await machine.show(unit, 'MainPID')).MainPID ?? '0';
  }

  /** By the shell's own command: a new machine has no other. */
  async function signal(name: string, pid: string): Promise<void> {
    await machine.do('sh', '-c', `kill -${name} ${pid}`);
  }

  /** Waits until another process than this one is the service, and ready. */
  async function startedAnew(before: string): Promise<void> {
    await vi.waitFor(
      async () => {
        const { MainPID, ActiveState } = await machine.show(unit, 'MainPID', 'ActiveState');
        expect([MainPID === before, ActiveState]).toEqual([false, 'active']);
      },
      { timeout: 20_000, interval: 100 },
    );
  }

  /** The same package in a later version, with another initial configuration. */
  function laterVersion(version: string): string {
    const content = join(folder, version);
    execFileSync('dpkg-deb', ['--raw-extract', file, content]);
    const control = join(content, 'DEBIAN/control');
    writeFileSync(control, readFileSync(control, 'utf8').replace(/^Version: .*/m, `Version: ${version}`));
    writeFileSync(join(content, settings), '# of the later version\n');
    const later = join(folder, `roadwatch_${version}.deb`);
    execFileSync('dpkg-deb', ['--root-owner-group', '-Zgzip', '-z1', '--build', content, later]);
    return later;
  }

  test('installs, makes its user, and runs at once and at each start of the machine', async () => {
    await machine.do('dpkg', '--install', machine.copyIn(file));
    expect(await machine.do('systemctl', 'is-enabled', unit)).toBe('enabled');
    expect(await machine.show(unit, 'ActiveState', 'StatusText', 'User', 'Type', 'WatchdogUSec', 'NRestarts')).toEqual({
      ActiveState: 'active',
      StatusText: '0 of 0 cameras live, http://127.0.0.1:5000',
      User: 'roadwatch',
      Type: 'notify',
      WatchdogUSec: '30s',
      NRestarts: '0',
    });
    expect(await ask('/api/health/health_check')).toMatchObject({ code: 0, data: { status: 'UP' } });
    const owner = await machine.do('stat', '-c', '%U %a', '/var/lib/roadwatch', settings);
    expect(owner.split('\n')).toEqual(['roadwatch 700', 'root 600']);
  });

  test('its files are as they were packed, and its command knows the installation', async () => {
    expect(await machine.do('dpkg', '--verify', 'roadwatch')).toBe('');
    expect(await machine.do('roadwatch', '--version')).toMatch(/^\d+\.\d+\.\d+$/);
    machine.write(settings, withCamera);
    const { ok, checks } = JSON.parse((await machine.run('roadwatch', 'check', '--json')).text);
    // The service has the port.
    expect(checks.filter((check: { ok: boolean }) => !check.ok)).toMatchObject([{ code: 'port-in-use' }]);
    expect(ok).toBe(false);
  });

  test('runs a camera behind the walls of its unit, and says so', async () => {
    await machine.do('systemctl', 'restart', unit);
    await vi.waitFor(async () => {
      expect((await machine.show(unit, 'StatusText')).StatusText).toBe('1 of 1 cameras live, http://127.0.0.1:5000');
      expect(JSON.stringify(await ask('/api/cameras'))).toMatch(/"analysed":[1-9]/);
    }, waitGuard);
    const status = await machine.do('cat', `/proc/${await mainPid()}/status`);
    expect(status).toMatch(/^CapEff:\s+0+$/m);
    expect(status).toMatch(/^NoNewPrivs:\s+1$/m);
    expect(status).toMatch(/^Seccomp:\s+2$/m);
  });

  test('is examined and saved by root, running or not, and goes on with what it keeps', async () => {
    await machine.do('roadwatch', 'doctor', '--out', '/root/running.json.gz');
    await machine.do('roadwatch', 'backup', '--with-secrets', '--out', '/root/box.tar.gz');
    await machine.do('systemctl', 'stop', unit);
    await machine.do('roadwatch', 'doctor', '--out', '/root/stopped.json.gz');
    await machine.do('roadwatch', 'restore', '/root/box.tar.gz');
    expect(await machine.do('find', '/var/lib/roadwatch', '!', '-user', 'roadwatch')).toBe('');
    await machine.do('systemctl', 'start', unit);
    expect(await ask('/api/health/health_check')).toMatchObject({ data: { alerts: { history: { kept: true } } } });
    const report = JSON.parse(await machine.do('zcat', '/root/running.json.gz'));
    expect(report.unit).toContainEqual(expect.objectContaining({ Id: unit, ActiveState: 'active', NRestarts: '0' }));
    expect(report.log).toContainEqual(expect.objectContaining({ source: 'journal' }));
    expect(report.stores).toMatchObject([{ store: 'alerts', state: 'sound' }]);
  });

  test('is started anew within seconds of a crash', async () => {
    const before = await mainPid();
    await signal('SEGV', before);
    const crashedAtMs = performance.now();
    await startedAnew(before);
    expect(performance.now() - crashedAtMs).toBeLessThan(10_000);
    expect((await machine.show(unit, 'NRestarts')).NRestarts).toBe('1');
  });

  test('is started anew when it hangs: systemd hears nothing of it any more', async () => {
    machine.write('etc/systemd/system/roadwatch.service.d/test.conf', shortWatchdog);
    await machine.do('systemctl', 'daemon-reload');
    await machine.do('systemctl', 'restart', unit);
    const before = await mainPid();
    await signal('STOP', before);
    await startedAnew(before);
    // A restart by hand begins anew to count: this one is systemd's own.
    expect((await machine.show(unit, 'NRestarts')).NRestarts).toBe('1');
    await machine.do('rm', '-r', '/etc/systemd/system/roadwatch.service.d');
    await machine.do('systemctl', 'daemon-reload');
  });

  test('a configuration that cannot be used is said, and not tried again', async () => {
    machine.write(settings, 'camera: []\n');
    await machine.run('systemctl', 'restart', unit);
    expect(await machine.show(unit, 'ActiveState', 'ExecMainStatus', 'SubState')).toEqual({
      ActiveState: 'failed',
      ExecMainStatus: '2',
      SubState: 'failed',
    });
    expect(await machine.do('journalctl', '-u', unit, '-o', 'cat')).toContain('no such setting; did you mean cameras?');
    machine.write(settings, withCamera);
    await machine.do('systemctl', 'restart', unit);
    expect(await isActive()).toBe('active');
  });

  test('an upgrade keeps the settings and the data, and starts the new version', async () => {
    machine.write('var/lib/roadwatch/kept', 'data');
    const before = await mainPid();
    const later = machine.copyIn(laterVersion('9.0.0'));
    await machine.do('dpkg', '--force-confold', '--install', later);
    expect(machine.read(settings)).toBe(withCamera);
    expect(machine.read(`${settings}.dpkg-dist`)).toBe('# of the later version\n');
    await startedAnew(before);
    expect(machine.read('var/lib/roadwatch/kept')).toBe('data');
    expect(await machine.do('systemctl', 'is-enabled', unit)).toBe('enabled');
  });

  test('a role runs from the template, with a state of its own', async () => {
    machine.write(
      'etc/roadwatch/roadwatch-task-generator.env',
      'ALGO_SERVER_PORT=5001\nALGO_ENABLE_KAFKA_STREAMING=true\n',
    );
    await machine.do('systemctl', 'start', 'roadwatch@task-generator.service');
    expect(await machine.show('roadwatch@task-generator.service', 'ActiveState', 'StatusText')).toEqual({
      ActiveState: 'active',
      StatusText: '0 of 0 cameras live, http://127.0.0.1:5001',
    });
    expect(await machine.do('stat', '-c', '%U', '/var/lib/roadwatch/task-generator')).toBe('roadwatch');
  });

  test('a removal ends the services and keeps settings and data', async () => {
    await machine.do('dpkg', '--remove', 'roadwatch');
    expect(await isActive()).toBe('inactive');
    expect((await machine.run('systemctl', 'is-active', 'roadwatch@task-generator.service')).text.trim()).toBe(
      'inactive',
    );
    expect((await machine.run('test', '-e', '/usr/lib/roadwatch')).code).toBe(1);
    expect(machine.read('var/lib/roadwatch/kept')).toBe('data');
    expect(machine.read(settings)).toBe(withCamera);
  });

  test('a purge removes those, too', async () => {
    await machine.do('dpkg', '--purge', 'roadwatch');
    for (const path of ['/var/lib/roadwatch', '/etc/roadwatch', '/etc/systemd/system/roadwatch.service']) {
      expect([path, (await machine.run('test', '-e', path)).code]).toEqual([path, 1]);
    }
  });
});
