/** The fake provider as a process of its own, and its controls. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setPriority } from 'node:os';
import { createInterface } from 'node:readline';
import { here } from '../processes.js';

/** What every scenario's provider answers like: 800 ms, and one in fifty takes 5 s. */
const latency = ['--latency-ms', '800', '--stragglers', '0.02', '--straggler-ms', '5000'];

export class ProviderProcess {
  #child;

  /**
   * @param {import('node:child_process').ChildProcess} child
   * @param {{baseUrl: string, keys: string[]}} address
   */
  constructor(child, address) {
    this.#child = child;
    this.baseUrl = address.baseUrl;
    this.keys = address.keys;
  }

  /**
   * @param {{keys: number, accounts: number, perSecond: number}} limits Requests a second of each account.
   * @param {readonly string[]} answers Flags of `roadwatch fake-llm` that say how it answers.
   */
  static async start({ keys, accounts, perSecond }, answers = latency) {
    const limits = ['--keys', keys, '--accounts', accounts, '--rps', perSecond, '--rpm', perSecond * 60].map(String);
    const child = spawn(process.execPath, [here('../dist/main.js'), 'fake-llm', ...limits, ...answers], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    preferOver(child.pid);
    const [line] = await once(createInterface({ input: child.stdout }), 'line');
    return new ProviderProcess(child, JSON.parse(line));
  }

  /**
   * The address of one of its endpoints.
   *
   * @param {string} name
   */
  endpoint(name) {
    return this.baseUrl.replace(/\/v1$/, `/${name}/v1`);
  }

  /**
   * @param {string} method
   * @param {string} command
   * @param {unknown} [body]
   * @returns {Promise<any>}
   */
  async control(method, command, body) {
    const options = body === undefined ? { method } : { method, body: JSON.stringify(body) };
    const answer = await (await fetch(new URL(`/control/${command}`, this.baseUrl), options)).json();
    if (answer.error !== undefined) throw new Error(`${method} ${command}: ${answer.error}`);
    return answer;
  }

  async stop() {
    const exit = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await exit;
  }
}

/**
 * A provider has machines of its own: it must not see requests late because others here are busy. Without the right to
 * say so, it goes without.
 *
 * @param {number | undefined} pid
 */
function preferOver(pid) {
  try {
    if (pid !== undefined) setPriority(pid, -15);
  } catch {
    console.error(
      'the fake provider runs without preference: on a busy machine its figures are worse than they should be',
    );
  }
}
