/** GStreamer's RTSP server on a free port, playing clips as cameras, with faults on command. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('../rtsp/serve.py', import.meta.url));
/** Debian's own: GStreamer's bindings are made for it. */
const python = '/usr/bin/python3';

export interface RtspServerOptions {
  /** Clips, spread over the mounts. */
  readonly files: readonly string[];
  readonly count: number;
  /** A given port, to come back on the same. */
  readonly port?: number;
  readonly user?: string;
  readonly password?: string;
  /** What the clips are encoded with; h264 unless given. */
  readonly codec?: 'h264' | 'h265';
  /** A PEM file with certificate and key: the server speaks rtsps. */
  readonly tlsFile?: string;
}

export class RtspServer {
  readonly port: number;
  readonly #process: ChildProcess;
  readonly #lines: Interface;
  readonly #scheme: string;

  private constructor(process: ChildProcess, lines: Interface, port: number, scheme: string) {
    this.#process = process;
    this.#lines = lines;
    this.port = port;
    this.#scheme = scheme;
  }

  static async start(options: RtspServerOptions): Promise<RtspServer> {
    const child = spawn(python, [script, ...commandLine(options)], { stdio: ['pipe', 'pipe', 'pipe'] });
    let said = '';
    child.stderr.on('data', (data) => {
      said += data;
    });
    const lines = createInterface({ input: child.stdout });
    const started = await Promise.race([once(lines, 'line'), once(child, 'exit').then(() => undefined)]);
    const bound = /^ready (\d+)$/.exec(String(started?.[0]));
    if (bound === null) throw new Error(`the RTSP server did not start (scripts/setup.sh --test installs it): ${said}`);
    return new RtspServer(child, lines, Number(bound[1]), options.tlsFile === undefined ? 'rtsp' : 'rtsps');
  }

  /** Address of a mount, from 1. */
  url(camera: number, login = ''): string {
    return `${this.#scheme}://${login}127.0.0.1:${this.port}/cam${camera}`;
  }

  async command(word: 'stall' | 'resume' | 'drop', camera: number): Promise<void> {
    const answer = once(this.#lines, 'line');
    this.#process.stdin?.write(`${word} ${camera}\n`);
    const [line] = await answer;
    if (line !== 'ok') throw new Error(`the RTSP server does not know "${word} ${camera}": nobody looks at it`);
  }

  async close(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exit = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await exit;
  }
}

function commandLine({ files, count, port = 0, user, password, codec = 'h264', tlsFile }: RtspServerOptions): string[] {
  return [
    ...files.flatMap((file) => ['--file', file]),
    ...['--count', String(count), '--port', String(port), '--codec', codec],
    ...(user === undefined ? [] : ['--user', user, '--password', password ?? '']),
    ...(tlsFile === undefined ? [] : ['--tls', tlsFile]),
  ];
}
