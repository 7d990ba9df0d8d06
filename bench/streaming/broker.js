/** A Kafka broker of one node (KRaft) on free ports, killed and started again with what it had. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { here } from '../processes.js';
import { freePort } from '../service.js';

const java = ['-Xmx512m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-cp', here('../.cache/kafka/*')];
const run = promisify(execFile);
const clusterId = 'MkU3OEVBNTcwNTJENDM2Qg';

export class Broker {
  #folder;
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #process;

  /**
   * @param {string} folder
   * @param {number} port
   */
  constructor(folder, port) {
    this.#folder = folder;
    this.address = `127.0.0.1:${port}`;
  }

  /** With our topics, and nothing in them. */
  static async start() {
    const folder = mkdtempSync(join(tmpdir(), 'roadwatch-bench-kafka-'));
    const [port, controllerPort] = [await freePort(), await freePort()];
    const broker = new Broker(folder, port);
    writeFileSync(broker.#settingsFile, settings(folder, port, controllerPort));
    const format = ['kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', broker.#settingsFile];
    await run('java', [...java, ...format]);
    await broker.startAgain();
    await run(process.execPath, [here('../dist/main.js'), 'topics', 'create', '--replication', '1'], {
      env: { ...process.env, ALGO_KAFKA_BOOTSTRAP_SERVERS: broker.address },
    });
    return broker;
  }

  /** Resolves when it has started. */
  async startAgain() {
    const child = spawn('java', [...java, 'kafka.Kafka', this.#settingsFile], { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#process = child;
    const lines = createInterface({ input: child.stderr });
    const started = new Promise((resolve) => {
      lines.on('line', (line) => line.includes('Kafka Server started') && resolve(true));
      child.once('exit', () => resolve(false));
    });
    if (!(await started)) throw new Error('the broker did not start; scripts/setup.sh --test installs it');
  }

  /** Ends it as a power cut does. */
  async kill() {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  }

  async close() {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #settingsFile() {
    return join(this.#folder, 'server.properties');
  }
}

/**
 * @param {string} folder
 * @param {number} port
 * @param {number} controllerPort
 */
function settings(folder, port, controllerPort) {
  const values = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
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
  };
  return Object.entries(values)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}
