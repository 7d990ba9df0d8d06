/** `roadwatch fake-llm` as somebody starts it: a model provider in a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { FakeStatistics } from '../../../src/fake-llm/statistics.ts';
import { mainFile } from './appliance.ts';

export class FakeLlm {
  readonly baseUrl: string;
  /** Those that it accepts. */
  readonly keys: readonly string[];
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess, { baseUrl, keys }: { baseUrl: string; keys: readonly string[] }) {
    this.#process = process;
    this.baseUrl = baseUrl;
    this.keys = keys;
  }

  /** Resolves once it listens. */
  static async start(...flags: readonly string[]): Promise<FakeLlm> {
    const child = spawn(process.execPath, [mainFile, 'fake-llm', ...flags], { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    child.stderr.on('data', (data) => {
      said += data;
    });
    const lines = createInterface({ input: child.stdout });
    const started = await Promise.race([once(lines, 'line'), once(child, 'exit').then(() => undefined)]);
    if (started === undefined) throw new Error(`the fake provider did not start: ${said}`);
    return new FakeLlm(child, JSON.parse(started[0]));
  }

  get port(): string {
    return new URL(this.baseUrl).port;
  }

  async statistics(): Promise<FakeStatistics> {
    return (await fetch(new URL('/control/statistics', this.baseUrl))).json();
  }

  /** A command of its `/control/…` with its JSON. */
  async control(method: 'PUT' | 'POST', command: string, body: unknown): Promise<void> {
    const response = await fetch(new URL(`/control/${command}`, this.baseUrl), { method, body: JSON.stringify(body) });
    const { error } = (await response.json()) as { error?: string };
    if (error !== undefined) throw new Error(error);
  }

  /** Nothing answers any more. */
  async kill(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exit = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await exit;
  }
}
