/** The program itself, as a service starts it, for measurements from outside. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { here } from './processes.js';

export class Service {
  #process;
  #folder;

  /**
   * @param {import('node:child_process').ChildProcess} process
   * @param {string} folder
   * @param {number} port
   */
  constructor(process, folder, port) {
    this.#process = process;
    this.#folder = folder;
    this.port = port;
  }

  /**
   * Starts it with these cameras, `cam1` and on; it may not listen yet.
   *
   * @param {readonly string[]} urls
   * @param {{interval: number}} options
   */
  static async start(urls, { interval }) {
    const folder = mkdtempSync(join(tmpdir(), 'roadwatch-bench-'));
    const port = await freePort();
    const cameras = urls.map((url, index) => ({ id: `cam${index + 1}`, url }));
    const settings = {
      server: { port },
      analysis: { intervalMs: interval * 1000 },
      maxCameras: urls.length + 1,
      cameras,
      log: { level: 'error' },
    };
    const file = join(folder, 'roadwatch.json');
    // JSON is YAML, too.
    writeFileSync(file, JSON.stringify(settings));
    const child = spawn(process.execPath, [here('../dist/main.js'), 'run', '--config', file], {
      cwd: folder,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    return new Service(child, folder, port);
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
    if (this.#process.exitCode === null) {
      const exit = once(this.#process, 'exit');
      this.#process.kill('SIGTERM');
      await exit;
    }
    rmSync(this.#folder, { recursive: true });
    return Math.round(performance.now() - startedMs);
  }

  /**
   * @param {string} path Below /api/.
   * @returns {Promise<any>}
   */
  async get(path) {
    const answer = await fetch(`http://127.0.0.1:${this.port}/api/${path}`);
    return (await answer.json()).data;
  }
}

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
