/** A real Redis on a port of its own, which a test can kill, start again on the same port, hold and let go. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { freePort } from '../e2e/support/appliance.ts';

export interface RedisServerOptions {
  readonly password?: string;
  /** PEM files: it speaks TLS alone. */
  readonly tls?: { readonly certificateFile: string; readonly keyFile: string };
}

export class RedisServer {
  readonly port: number;
  readonly #options: RedisServerOptions;
  #process: ChildProcess | undefined;

  private constructor(port: number, options: RedisServerOptions) {
    this.port = port;
    this.#options = options;
  }

  /** Resolves when it listens. */
  static async start(options: RedisServerOptions = {}): Promise<RedisServer> {
    const server = await RedisServer.reserve(options);
    await server.startAgain();
    return server;
  }

  /** One that does not run yet. */
  static async reserve(options: RedisServerOptions = {}): Promise<RedisServer> {
    return new RedisServer(await freePort(), options);
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** After `kill`, or for the first time: empty, on the same port. */
  async startAgain(): Promise<void> {
    const child = spawn('redis-server', commandLine(this.port, this.#options), { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#process = child;
    const lines: string[] = [];
    const ready = new Promise<boolean>((resolve) => {
      child.once('error', () => resolve(false));
      child.once('exit', () => resolve(false));
      createInterface({ input: child.stdout }).on('line', (line) => {
        lines.push(line);
        if (line.includes('Ready to accept connections')) resolve(true);
      });
    });
    if (!(await ready)) {
      throw new Error(`Redis did not start (scripts/setup.sh --test installs it): ${lines.slice(-3).join('\n')}`);
    }
  }

  /** It is there and answers nothing, until `resume`. */
  hold(): void {
    this.#process?.kill('SIGSTOP');
  }

  resume(): void {
    this.#process?.kill('SIGCONT');
  }

  async kill(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  }
}

function commandLine(port: number, { password, tls }: RedisServerOptions): string[] {
  const ports = tls === undefined ? ['--port', String(port)] : ['--port', '0', '--tls-port', String(port)];
  return [
    ...ports,
    ...['--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--daemonize', 'no'],
    ...(password === undefined ? [] : ['--requirepass', password]),
    ...(tls === undefined
      ? []
      : ['--tls-cert-file', tls.certificateFile, '--tls-key-file', tls.keyFile, '--tls-auth-clients', 'no']),
  ];
}
