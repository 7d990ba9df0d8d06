/** The broker that is measured with: the one of the tests, with our topics. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { KafkaBroker } from '../../tests/support/kafka-broker.js';
import { here } from '../processes.js';

/** With nothing in its topics. */
export async function startBroker() {
  const broker = await KafkaBroker.create({ heapMegabytes: 512 });
  await promisify(execFile)(process.execPath, [here('../dist/main.js'), 'topics', 'create', '--replication', '1'], {
    env: { ...process.env, ALGO_KAFKA_BOOTSTRAP_SERVERS: broker.address },
  });
  return broker;
}
