/** The program itself, as a service starts it, for measurements from outside. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import WebSocket from 'ws';
import { Metrics } from './metrics.js';
import { here } from './processes.js';

/**
 * @typedef {object} ServiceOptions
 * @property {number} interval Seconds between two analyses of one camera.
 * @property {'error' | 'warn'} [logLevel] `error` unless given.
 * @property {object} [settings] More of the configuration file; whole sections.
 * @property {Readonly<Record<string, string>>} [env] More of its environment.
 *
 * @typedef {{level: string, msg: string}} LogLine
 */

const configName = 'roadwatch.json';

export class Service {
  /** @type {import('node:child_process').ChildProcess} */
  #process;
  #folder;
  #env;
  /** @type {LogLine[]} What it said beside errors; those go to stderr at once. */
  log = [];

  /**
   * @param {string} folder
   * @param {number} port
   * @param {NodeJS.ProcessEnv} env
   */
  constructor(folder, port, env) {
    this.#folder = folder;
    this.#env = env;
    this.port = port;
    this.#process = this.#spawn();
  }

  /**
   * Starts it with these cameras, `cam1` and on; it may not listen yet.
   *
   * @param {readonly string[]} urls
   * @param {ServiceOptions} options
   */
  static async start(urls, { interval, logLevel = 'error', settings: more = {}, env = {} }) {
    const folder = mkdtempSync(join(tmpdir(), 'roadwatch-bench-'));
    const port = await freePort();
    const cameras = urls.map((url, index) => ({ id: `cam${index + 1}`, url }));
    const settings = {
      server: { port },
      analysis: { intervalMs: interval * 1000 },
      maxCameras: urls.length + 1,
      cameras,
      log: { level: logLevel },
      ...more,
    };
    // JSON is YAML, too.
    writeFileSync(join(folder, configName), JSON.stringify(settings));
    // What it keeps goes with the folder.
    return new Service(folder, port, { ...process.env, XDG_STATE_HOME: folder, ...env });
  }

  /** Ends it as a power cut does. */
  async kill() {
    const exit = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await exit;
  }

  /** Starts what was killed once more, with what it has on disk. */
  startAgain() {
    this.#process = this.#spawn();
  }

  /** The end of its log, for errors. */
  get lastWords() {
    return this.log
      .slice(-5)
      .map(({ level, msg }) => `${level}: ${msg}`)
      .join('\n');
  }

  /** With its configuration, and all that it keeps. */
  get folder() {
    return this.#folder;
  }

  get pid() {
    return this.#process.pid;
  }

  /** Throws where it has ended by itself. */
  expectAlive() {
    if (this.#process.exitCode !== null) throw new Error(`the service ended with ${this.#process.exitCode}`);
  }

  /** Resolves with the milliseconds that it took to stop. */
  async stop() {
    const startedMs = performance.now();
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const exit = once(this.#process, 'exit');
      this.#process.kill('SIGTERM');
      await exit;
    }
    rmSync(this.#folder, { recursive: true });
    return Math.round(performance.now() - startedMs);
  }

  /** What it ended with; null while it runs. */
  get exitCode() {
    return this.#process.exitCode;
  }

  /** @param {string} path With the slash in front. */
  address(path) {
    return `http://127.0.0.1:${this.port}${path}`;
  }

  /**
   * @param {string} path Below /api/.
   * @returns {Promise<any>}
   */
  async get(path) {
    const answer = await fetch(this.address(`/api/${path}`));
    return (await answer.json()).data;
  }

  async metrics() {
    return new Metrics(await (await fetch(this.address('/metrics'))).text());
  }

  /**
   * A viewer, as soon as it listens.
   *
   * @param {string} query Of the WebSocket's address, for example `frames=none`.
   */
  async connect(query) {
    for (;;) {
      this.expectAlive();
      const socket = new WebSocket(`ws://127.0.0.1:${this.port}/ws?${query}`);
      const opened = await new Promise((resolve) => {
        socket.once('open', () => resolve(true));
        // The service does not listen yet.
        socket.once('error', () => resolve(false));
      });
      if (opened) return socket;
      await wait(5);
    }
  }

  #spawn() {
    const file = join(this.#folder, configName);
    const child = spawn(process.execPath, [here('../dist/main.js'), 'run', '--config', file], {
      cwd: this.#folder,
      env: this.#env,
      stdio: ['ignore', 'inherit', 'pipe'],
    });
    createInterface({ input: child.stderr }).on('line', (text) => this.#keep(text));
    return child;
  }

  /** @param {string} text */
  #keep(text) {
    /** @type {LogLine} */
    let line = { level: 'error', msg: text };
    try {
      line = JSON.parse(text);
    } catch {
      // Not from its log.
    }
    if (line.level === 'error') console.error(text);
    else this.log.push(line);
  }
}

/** A port that is free now. */
export async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
