/** What the aggregator has published: a Redis of its own, and a plain subscriber to its channels. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Redis } from 'ioredis';
import { freePort } from '../service.js';

export class JoinedLog {
  #server;
  #subscriber;
  /** @type {Map<string, number>} How often, by request id. */
  #counts = new Map();
  repeats = 0;

  /**
   * @param {import('node:child_process').ChildProcess} server
   * @param {Redis} subscriber
   * @param {string} url
   */
  constructor(server, subscriber, url) {
    this.#server = server;
    this.#subscriber = subscriber;
    this.url = url;
    subscriber.on('pmessage', (_pattern, _channel, text) => this.#hear(JSON.parse(text).requestId));
  }

  static async start() {
    const port = await freePort();
    const options = ['--port', String(port), '--save', '', '--daemonize', 'no'];
    const server = spawn('redis-server', options, { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((resolve, reject) => {
      server.once('exit', () => reject(new Error('Redis did not start; scripts/setup.sh --test installs it')));
      createInterface({ input: server.stdout }).on('line', (line) => line.includes('Ready to accept') && resolve(true));
    });
    const url = `redis://127.0.0.1:${port}`;
    const subscriber = new Redis(url);
    await subscriber.psubscribe('camera:*');
    return new JoinedLog(server, subscriber, url);
  }

  get size() {
    return this.#counts.size;
  }

  /** @param {string} requestId */
  has(requestId) {
    return this.#counts.has(requestId);
  }

  async close() {
    this.#subscriber.disconnect();
    const exit = once(this.#server, 'exit');
    this.#server.kill();
    await exit;
  }

  /** @param {string} requestId */
  #hear(requestId) {
    const count = (this.#counts.get(requestId) ?? 0) + 1;
    this.#counts.set(requestId, count);
    if (count > 1) this.repeats += 1;
  }
}
