/** A real Prometheus, as deployment/ has it set up, that scrapes a service of ours. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
import { freePort } from '../e2e/support/appliance.ts';

const deployed = fileURLToPath(new URL('../../deployment/prometheus', import.meta.url));

export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  /** Time in seconds, and value. */
  readonly value: readonly [number, string];
}

export interface AlertRule {
  readonly name: string;
  readonly query: string;
  readonly health: 'ok' | 'err' | 'unknown';
  readonly lastError?: string;
}

export class Prometheus {
  readonly url: string;
  readonly #process: ChildProcess;
  readonly #folder: string;

  private constructor(process: ChildProcess, port: number, folder: string) {
    this.#process = process;
    this.url = `http://127.0.0.1:${port}`;
    this.#folder = folder;
  }

  /** Scrapes these addresses (`host:port`) every second, showing this token. */
  static async start(targets: readonly string[], token: string): Promise<Prometheus> {
    const folder = mkdtempSync(join(tmpdir(), 'roadwatch-prometheus-'));
    const port = await freePort();
    writeSettings(folder, port, targets, token);
    const child = spawn(
      'prometheus',
      [
        `--config.file=${join(folder, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    await isReady(child);
    return new Prometheus(child, port, folder);
  }

  /** What a query gives now; rejects with Prometheus' own words where it is wrong. */
  async query(expression: string): Promise<Sample[]> {
    const { resultType, result } = await this.#ask(`query?${new URLSearchParams({ query: expression })}`);
    // A scalar is a value without labels.
    return (resultType === 'scalar' ? [{ metric: {}, value: result }] : result) as Sample[];
  }

  async alertRules(): Promise<AlertRule[]> {
    const { groups } = (await this.#ask('rules?type=alert')) as { groups: { rules: AlertRule[] }[] };
    return groups.flatMap(({ rules }) => rules);
  }

  async close(): Promise<void> {
    if (this.#process.exitCode === null) {
      const exit = once(this.#process, 'exit');
      this.#process.kill('SIGKILL');
      await exit;
    }
    rmSync(this.#folder, { recursive: true });
  }

  async #ask(path: string): Promise<Record<string, unknown>> {
    const response = await fetch(`${this.url}/api/v1/${path}`);
    const answer = (await response.json()) as { status: string; error?: string; data: Record<string, unknown> };
    if (answer.status !== 'success') throw new Error(answer.error);
    return answer.data;
  }
}

/** The settings as they are deployed, but for where things are and how often they are looked at. */
function writeSettings(folder: string, port: number, targets: readonly string[], token: string): void {
  cpSync(deployed, folder, { recursive: true });
  const settings = parse(readFileSync(join(folder, 'prometheus.yml'), 'utf8')) as {
    global: Record<string, string>;
    scrape_configs: { job_name: string; static_configs?: { targets: string[] }[] }[];
  };
  settings.global = { ...settings.global, scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' };
  const own = settings.scrape_configs.find(({ job_name }) => job_name === 'prometheus');
  if (own !== undefined) own.static_configs = [{ targets: [`127.0.0.1:${port}`] }];
  writeFileSync(join(folder, 'prometheus.yml'), stringify(settings));
  const [group] = parse(readFileSync(join(folder, 'targets/roadwatch.yml'), 'utf8')) as object[];
  writeFileSync(join(folder, 'targets/roadwatch.yml'), stringify([{ ...group, targets: [...targets] }]));
  writeFileSync(join(folder, 'roadwatch-token'), `${token}\n`);
}

function isReady(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    child.once('error', () => reject(new Error('there is no prometheus: scripts/setup.sh --test installs it')));
    child.once('exit', (code) => reject(new Error(`prometheus ended with ${code}: ${said}`)));
    createInterface({ input: child.stderr as NodeJS.ReadableStream }).on('line', (line) => {
      said = `${said.slice(-10_000)}${line}\n`;
      if (line.includes('Server is ready')) resolve();
    });
  });
}
