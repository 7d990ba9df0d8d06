/** The real program, as a service starts it: a process of its own, configured by a file, on a free port. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';

export const repositoryRoot = fileURLToPath(new URL('../../..', import.meta.url));
export const mainFile = join(repositoryRoot, 'dist/main.js');

/** Only a guard against a hanging test. */
const startGuardMs = 30_000;

export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

interface Installed {
  /** With the configuration, and everything that the service keeps. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** A shell's commands before the service starts in its place, in a mount namespace: `$STATE` is its state folder. Wants root. */
  readonly prepare?: string;
}

const configName = 'roadwatch.yaml';

export class Appliance {
  readonly port: number;
  readonly log: LogLine[];
  readonly process: ChildProcess;
  readonly #installed: Installed;

  private constructor(process: ChildProcess, port: number, log: LogLine[], installed: Installed) {
    this.process = process;
    this.port = port;
    this.log = log;
    this.#installed = installed;
  }

  /** Starts with these settings (shape of the configuration file) and environment; resolves once it listens. */
  static async start(settings: object = {}, env: Readonly<Record<string, string>> = {}, port = 0): Promise<Appliance> {
    return Appliance.#run({ folder: await newFolder(settings), env }, port);
  }

  /** The same after these commands of a shell, in a mount namespace of its own; `$STATE` is the state folder. Wants root. */
  static async startAfter(prepare: string, settings: object): Promise<Appliance> {
    return Appliance.#run({ folder: await newFolder(settings), env: {}, prepare }, 0);
  }

  /** Starts with what lies in a folder: `roadwatch.yaml`, and in `roadwatch/` what a service has kept. */
  static startIn(folder: string): Promise<Appliance> {
    return Appliance.#run({ folder, env: {} }, 0);
  }

  static async #run(installed: Installed, port: number): Promise<Appliance> {
    const { folder, env, prepare } = installed;
    const service = [process.execPath, mainFile, 'run', '--config', join(folder, configName), '--port', String(port)];
    const script = `STATE='${folder}/roadwatch'; mkdir -p "$STATE"; ${prepare}; exec "$@"`;
    const inNamespace = ['unshare', '--mount', 'sh', '-ec', script, 'sh'];
    const [command = '', ...args] = prepare === undefined ? service : [...inNamespace, ...service];
    const child = spawn(command, args, {
      cwd: folder,
      env: { PATH: process.env.PATH, XDG_STATE_HOME: folder, ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const log: LogLine[] = [];
    const boundPort = await listeningPort(child, log);
    return new Appliance(child, boundPort, log, installed);
  }

  /** With its configuration and all that it keeps. */
  get folder(): string {
    return this.#installed.folder;
  }

  /** What the service keeps. */
  get stateFolder(): string {
    return join(this.#installed.folder, 'roadwatch');
  }

  get configFile(): string {
    return join(this.#installed.folder, configName);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Sends SIGTERM; resolves with the exit code and how long the stop took. */
  async stop(): Promise<{ code: number | null; tookMs: number }> {
    const startedMs = performance.now();
    await this.#end('SIGTERM');
    await rm(this.#installed.folder, { recursive: true, force: true });
    return { code: this.process.exitCode, tookMs: performance.now() - startedMs };
  }

  /** Ends it as a power cut does: it has no time for anything. What it has on disk stays. */
  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  /**
   * Starts once more what has ended: on its port, with its settings, or these, and what it has on disk. The port must have been given:
   * one that the system chose is not free again for a minute.
   */
  async startAgain(settings?: object): Promise<Appliance> {
    if (settings !== undefined) await writeFile(join(this.#installed.folder, configName), stringify(settings));
    return Appliance.#run(this.#installed, this.port);
  }

  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const exit = once(this.process, 'exit');
    this.process.kill(signal);
    await exit;
  }
}

async function newFolder(settings: object): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'roadwatch-e2e-'));
  await writeFile(join(folder, configName), stringify(settings));
  return folder;
}

/** A port that is free now, for a service that is to come back on the same one. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

function listeningPort(child: ChildProcess, log: LogLine[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const said: string[] = [];
    const guard = setTimeout(() => reject(new Error(`did not listen in time: ${said.join('\n')}`)), startGuardMs);
    child.once('exit', (code) => reject(new Error(`ended with ${code} before it listened: ${said.join('\n')}`)));
    createInterface({ input: child.stderr as NodeJS.ReadableStream }).on('line', (line) => {
      said.push(line);
      const entry = parseLine(line);
      if (!entry) return;
      log.push(entry);
      const { port } = entry;
      if (typeof port !== 'number') return;
      clearTimeout(guard);
      resolve(port);
    });
  });
}

function parseLine(line: string): LogLine | undefined {
  try {
    return JSON.parse(line) as LogLine;
  } catch {
    return undefined;
  }
}
