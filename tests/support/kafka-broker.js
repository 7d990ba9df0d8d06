// @ts-check
/**
 * A real Kafka broker (KRaft, one node) on free ports: stopped, killed, started again with what it had. Plain JavaScript, for
 * tests and for what is measured by `bench/`.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const jars = fileURLToPath(new URL('../../.cache/kafka', import.meta.url));
const clusterId = 'MkU3OEVBNTcwNTJENDM2Qg';
const run = promisify(execFile);

/**
 * @typedef {object} BrokerSecurity Certificates for a broker that wants TLS and a password.
 * @property {string} keyStoreFile PEM: the key and the certificate of the broker.
 * @property {string} caFile PEM: who vouches for boxes.
 * @property {string} username
 * @property {string} password
 *
 * @typedef {object} KafkaBrokerOptions
 * @property {BrokerSecurity} [security] Adds a listener that speaks TLS and wants a password (SCRAM-SHA-512), and one that wants
 *   a certificate, beside the plain one.
 * @property {number} [heapMegabytes] What it may hold in memory; 256 unless given.
 *
 * @typedef {object} BrokerPlace
 * @property {string} folder
 * @property {BrokerPorts} ports
 * @property {number} heapMegabytes
 *
 * @typedef {object} BrokerPorts
 * @property {number} plain
 * @property {number} controller
 * @property {number} secure
 * @property {number} mutual
 */

export class KafkaBroker {
  #folder;
  #java;
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #process;

  /**
   * Use `create()`.
   *
   * @param {BrokerPlace} place
   */
  constructor({ folder, ports, heapMegabytes }) {
    this.#folder = folder;
    this.#java = javaArguments(heapMegabytes);
    this.port = ports.plain;
    /** That of the listener that wants TLS and a password. */
    this.securePort = ports.secure;
    /** That of the listener that wants TLS and a certificate. */
    this.mutualPort = ports.mutual;
  }

  /**
   * A broker that is there, with nothing in it; or, with `start: false`, one that can be started.
   *
   * @param {KafkaBrokerOptions & {start?: boolean}} options
   */
  static async create({ security, heapMegabytes = 256, start = true } = {}) {
    const folder = mkdtempSync(join(tmpdir(), 'roadwatch-kafka-'));
    const [plain = 0, controller = 0, secure = 0, mutual = 0] = await freePorts(4);
    const ports = { plain, controller, secure, mutual };
    const broker = new KafkaBroker({ folder, ports, heapMegabytes });
    writeFileSync(broker.#settingsFile, properties(folder, ports, security));
    const scram = `SCRAM-SHA-512=[name=${security?.username},password=${security?.password}]`;
    await run('java', [
      ...broker.#java,
      ...['kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', broker.#settingsFile],
      ...(security ? ['--add-scram', scram] : []),
    ]);
    if (start) await broker.start();
    return broker;
  }

  get address() {
    return `127.0.0.1:${this.port}`;
  }

  /** Resolves when it has started, for the first time or again. */
  async start() {
    const child = spawn('java', [...this.#java, 'kafka.Kafka', this.#settingsFile], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#process = child;
    let said = '';
    const isStarted = new Promise((resolve) => {
      createInterface({ input: child.stderr }).on('line', (line) => {
        said = `${said.slice(-20_000)}${line}\n`;
        if (line.includes('Kafka Server started')) resolve(true);
      });
      child.once('exit', () => resolve(false));
    });
    if (!(await isStarted)) throw new Error(`the broker did not start (scripts/setup.sh --test installs it): ${said}`);
  }

  /** Ends it in order. */
  stop() {
    return this.#end('SIGTERM');
  }

  /** Ends it as a power cut would. */
  kill() {
    return this.#end('SIGKILL');
  }

  /** Stops it from answering, with its connections open. */
  freeze() {
    this.#process?.kill('SIGSTOP');
  }

  thaw() {
    this.#process?.kill('SIGCONT');
  }

  /**
   * Runs one of Kafka's own tools; gives what it prints.
   *
   * @param {string} className
   * @param {readonly string[]} args
   */
  async tool(className, ...args) {
    const { stdout } = await run('java', [...this.#java, className, '--bootstrap-server', this.address, ...args]);
    return stdout;
  }

  /**
   * Runs one of Kafka's own tools on some text.
   *
   * @param {string} input
   * @param {string} className
   * @param {readonly string[]} args
   */
  async toolOn(input, className, ...args) {
    const tool = run('java', [...this.#java, className, '--bootstrap-server', this.address, ...args]);
    tool.child.stdin?.end(input);
    await tool;
  }

  /** Ends it and removes what it had. */
  async close() {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #settingsFile() {
    return join(this.#folder, 'server.properties');
  }

  /** @param {'SIGTERM' | 'SIGKILL'} signal */
  async #end(signal) {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill(signal);
    await exit;
  }
}

/** @param {number} heapMegabytes */
function javaArguments(heapMegabytes) {
  return [`-Xmx${heapMegabytes}m`, '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-cp', `${jars}/*`];
}

/**
 * @param {string} folder
 * @param {BrokerPorts} ports
 * @param {BrokerSecurity | undefined} security
 */
function properties(folder, ports, security) {
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

/** @param {BrokerSecurity} security */
function securitySettings({ keyStoreFile, caFile }) {
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

/**
 * Ports that are free now; all are held until the last is found, so that they differ.
 *
 * @param {number} count
 */
async function freePorts(count) {
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
