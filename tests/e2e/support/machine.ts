/** A new machine with Debian and systemd, in namespaces of this one (tests/package). Wants root. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { repositoryRoot } from './appliance.ts';

const run = promisify(execFile);
const folder = join(repositoryRoot, 'tests/package');
/** What wants a terminal, a question answered or a network. */
const notWanted = ['console-getty.service', 'systemd-firstboot.service', 'systemd-networkd.service'];
const bootGuardMs = 20_000;
/** What is set here says nothing about a machine that is new. */
const ownEnvironment = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' };

export interface Outcome {
  readonly code: number;
  /** Of both outputs. */
  readonly text: string;
}

export class Machine {
  readonly root: string;
  readonly #process: ChildProcess;
  readonly #pid: number;

  private constructor(root: string, process: ChildProcess, pid: number) {
    this.root = root;
    this.#process = process;
    this.#pid = pid;
  }

  /** Boots one that has the essential packages, these, and what they depend on. */
  static async boot(packages: readonly string[]): Promise<Machine> {
    const root = mkdtempSync(join(tmpdir(), 'roadwatch-machine-'));
    // Its own users may enter it.
    chmodSync(root, 0o755);
    await run('python3', [join(folder, 'clean_root.py'), root, 'systemd', ...packages]);
    mkdirSync(join(root, 'mnt'), { recursive: true });
    writeFileSync(join(root, 'var/log/console'), '');
    for (const unit of notWanted) symlinkSync('/dev/null', join(root, 'etc/systemd/system', unit));
    const namespaces = ['--mount', '--pid', '--fork', '--kill-child', '--cgroup', '--uts', '--ipc', '--net'];
    const child = spawn('unshare', [...namespaces, join(folder, 'boot.sh'), root], {
      stdio: 'inherit',
      env: ownEnvironment,
    });
    const machine = new Machine(root, child, await firstProcess(child));
    await machine.#booted();
    return machine;
  }

  /** Runs a command there, to its end. */
  run(...command: readonly string[]): Promise<Outcome> {
    return new Promise((resolve) => {
      const inside = ['-t', String(this.#pid), '-a', ...command];
      const child = execFile('nsenter', inside, { env: ownEnvironment }, (_error, stdout, stderr) => {
        resolve({ code: child.exitCode ?? -1, text: stdout + stderr });
      });
    });
  }

  /** Runs a command that must succeed; the result is what it says. */
  async do(...command: readonly string[]): Promise<string> {
    const { code, text } = await this.run(...command);
    if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}: ${text}`);
    return text.trim();
  }

  /** Properties of a unit. */
  async show(unit: string, ...properties: readonly string[]): Promise<Readonly<Record<string, string>>> {
    const text = await this.do('systemctl', 'show', unit, ...properties.map((name) => `--property=${name}`));
    return Object.fromEntries(text.split('\n').map((line) => line.split(/=(.*)/s).slice(0, 2)));
  }

  /** Puts a file there; the result is its path there. */
  copyIn(file: string): string {
    copyFileSync(file, join(this.root, 'root', basename(file)));
    return `/root/${basename(file)}`;
  }

  read(path: string): string {
    return readFileSync(join(this.root, path), 'utf8');
  }

  write(path: string, text: string): void {
    mkdirSync(join(this.root, path, '..'), { recursive: true });
    writeFileSync(join(this.root, path), text);
  }

  /** Switches it off, and removes it. */
  async stop(): Promise<void> {
    const exit = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await exit;
    rmSync(this.root, { recursive: true, force: true });
  }

  async #booted(): Promise<void> {
    const until = performance.now() + bootGuardMs;
    let said = '';
    while (performance.now() < until) {
      said = (await this.run('systemctl', 'is-system-running', '--wait')).text.trim();
      if (said === 'running' || said === 'degraded') return;
    }
    throw new Error(`did not boot: ${said}\n${this.read('var/log/console')}`);
  }
}

/** systemd, as this machine sees it: the one child of unshare. */
async function firstProcess(unshare: ChildProcess): Promise<number> {
  const until = performance.now() + bootGuardMs;
  while (performance.now() < until && unshare.exitCode === null) {
    const children = readFileSync(`/proc/${unshare.pid}/task/${unshare.pid}/children`, 'utf8').trim();
    if (children !== '') return Number(children);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`namespaces cannot be made here (unshare ended with ${unshare.exitCode})`);
}
