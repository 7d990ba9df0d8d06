/** A real Kafka broker (KRaft, one node) on free ports: stopped, killed, started again with what it had. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const jars = fileURLToPath(new URL('../../.cache/kafka', import.meta.url));
const java = ['-Xmx256m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-cp', `${jars}/*`];
const clusterId = 'MkU3OEVBNTcwNTJENDM2Qg';
const run = promisify(execFile);

/** Certificates for a broker that wants TLS and a password. */
export interface BrokerSecurity {
  /** PEM: the key and the certificate of the broker. */
  readonly keyStoreFile: string;
  /** PEM: who vouches for boxes. */
  readonly caFile: string;
  readonly username: string;
  readonly password: string;
}

export interface KafkaBrokerOptions {
  /**
   * Adds a listener that speaks TLS and wants a password (SCRAM-SHA-512), and one that wants a certificate, beside the plain
   * one.
   */
  readonly security?: BrokerSecurity;
}

export class KafkaBroker {
  readonly port: number;
  /** That of the listener that wants TLS and a password. */
  readonly securePort: number;
  /** That of the listener that wants TLS and a certificate. */
  readonly mutualPort: number;
  readonly #folder: string;
  #process: ChildProcess | undefined;

  private constructor(folder: string, ports: BrokerPorts) {
    this.#folder = folder;
    this.port = ports.plain;
    this.securePort = ports.secure;
    this.mutualPort = ports.mutual;
  }

  /** A broker that is there, with nothing in it; or, with `start: false`, one that can be started. */
  static async create(options: KafkaBrokerOptions & { readonly start?: boolean } = {}): Promise<KafkaBroker> {
    const folder = mkdtempSync(join(tmpdir(), 'roadwatch-kafka-'));
    const [plain = 0, controller = 0, secure = 0, mutual = 0] = await freePorts(4);
    const ports = { plain, controller, secure, mutual };
    writeFileSync(join(folder, 'server.properties'), properties(folder, ports, options));
    const user = options.security;
    await run('java', [
      ...java,
      ...['kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', join(folder, 'server.properties')],
      ...(user ? ['--add-scram', `SCRAM-SHA-512=[name=${user.username},password=${user.password}]`] : []),
    ]);
    const broker = new KafkaBroker(folder, ports);
    if (options.start !== false) await broker.start();
    return broker;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    const child = spawn('java', [...java, 'kafka.Kafka', join(this.#folder, 'server.properties')], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#process = child;
    let said = '';
    const isStarted = new Promise<boolean>((resolve) => {
      createInterface({ input: child.stderr }).on('line', (line) => {
        said = `${said.slice(-20_000)}${line}\n`;
        if (line.includes('Kafka Server started')) resolve(true);
      });
      child.once('exit', () => resolve(false));
    });
    if (!(await isStarted)) throw new Error(`the broker did not start (scripts/setup.sh --test installs it): ${said}`);
  }

  /** Ends it in order. */
  stop(): Promise<void> {
    return this.#end('SIGTERM');
  }

  /** Ends it as a power cut would. */
  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  /** Stops it from answering, with its connections open. */
  freeze(): void {
    this.#process?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#process?.kill('SIGCONT');
  }

  /** Runs one of Kafka's own tools; gives what it prints. */
  async tool(className: string, ...args: readonly string[]): Promise<string> {
    const { stdout } = await run('java', [...java, className, '--bootstrap-server', this.address, ...args]);
    return stdout;
  }

  /** Runs one of Kafka's own tools on some text. */
  async toolOn(input: string, className: string, ...args: readonly string[]): Promise<void> {
    const tool = run('java', [...java, className, '--bootstrap-server', this.address, ...args]);
    tool.child.stdin?.end(input);
    await tool;
  }

  /** Ends it and removes what it had. */
  async close(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill(signal);
    await exit;
  }
}

interface BrokerPorts {
  readonly plain: number;
  readonly controller: number;
  readonly secure: number;
  readonly mutual: number;
}

function properties(folder: string, ports: BrokerPorts, { security }: KafkaBrokerOptions): string {
  const guarded = [`SASL_SSL://127.0.0.1:${ports.secure}`, `MUTUAL://127.0.0.1:${ports.mutual}`];
  const listeners = [`PLAINTEXT://127.0.0.1:${ports.plain}`, ...(security ? guarded : [])];
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${ports.controller}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: [...listeners, `CONTROLLER://127.0.0.1:${ports.controller}`].join(','),
    'advertised.listeners': listeners.join(','),
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL,MUTUAL:SSL',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': join(folder, 'data'),
    'auto.create.topics.enable': false,
    'default.replication.factor': 1,
    'min.insync.replicas': 1,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    // One that was killed is soon taken to be dead, and may come back.
    'broker.session.timeout.ms': 1000,
    'broker.heartbeat.interval.ms': 200,
    'group.initial.rebalance.delay.ms': 0,
    'group.min.session.timeout.ms': 1000,
    ...(security ? securitySettings(security) : {}),
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

function securitySettings({ keyStoreFile, caFile }: BrokerSecurity): Record<string, string> {
  return {
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': keyStoreFile,
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': caFile,
    'listener.name.mutual.ssl.client.auth': 'required',
    'sasl.enabled.mechanisms': 'SCRAM-SHA-512',
    'listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config':
      'org.apache.kafka.common.security.scram.ScramLoginModule required;',
  };
}

/** Ports that are free now; all are held until the last is found, so that they differ. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(async (server) => {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const address = server.address();
      return typeof address === 'object' && address !== null ? address.port : 0;
    }),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
