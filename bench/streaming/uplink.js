/** Records of 30 KB through the durable outbox to the broker, and through a plain producer; both take turns. */
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { KafkaSender } from '../../dist/bus/kafka/kafka-sender.js';
import { configSchema } from '../../dist/config/schema.js';
import { realClock } from '../../dist/time/clock.js';
import { openOutbox } from '../../dist/uplink/open-outbox.js';
import { rounded, spread, spreadText } from '../statistics.js';
import { startBroker } from './broker.js';
import { PlainProducer } from './feed.js';
import { table } from './table.js';
import { TopicLog } from './topic-log.js';

const recordBytes = 30_000;
const records = 20_000;
const cameras = 100;
/** Records that are sent and not accepted yet. */
const window = 500;

/** @param {import('../streaming.js').StreamingOptions} options */
export async function uplink({ runs, print }) {
  const sides = { outbox: openOutboxSide, 'plain producer': openPlainSide };
  /** @type {Record<string, Awaited<ReturnType<typeof measure>>[]>} */
  const figures = {};
  for (let run = 0; run < runs; run += 1) {
    for (const [name, open] of Object.entries(sides)) {
      console.error(`run ${run + 1}: ${name}`);
      figures[name] = [...(figures[name] ?? []), await measure(open)];
    }
  }
  const rows = Object.entries(figures).map(([name, all]) => [
    name,
    ...['accepted_per_second', 'through_per_second', 'lost'].map((column) =>
      spreadText(spread(all.map((one) => one[/** @type {keyof typeof one} */ (column)]))),
    ),
  ]);
  print(table(['30 KB records', 'accepted, /s', 'confirmed by the broker, /s', 'lost'], rows));
  return { record_bytes: recordBytes, records, runs, sides: figures };
}

/**
 * @typedef {object} Side
 * @property {(record: {topic: any, key: string, id: string, value: Buffer, urgency: 'normal'}) => Promise<unknown>} send
 * @property {() => Promise<unknown>} isThrough Resolves when the broker has all that was accepted.
 * @property {() => Promise<unknown>} close
 */

/**
 * Sends so many, waits until the broker has them, and looks what is there.
 *
 * @param {(address: string) => Promise<Side>} open
 */
async function measure(open) {
  const broker = await startBroker();
  const side = await open(broker.address);
  try {
    /** @type {string[]} */
    const accepted = [];
    let number = 0;
    const one = async () => {
      while (number < records) {
        const record = recordOf(number++);
        await side.send(record);
        accepted.push(record.id);
      }
    };
    const startedMs = performance.now();
    const secondsSince = () => (performance.now() - startedMs) / 1000;
    await Promise.all(Array.from({ length: window }, one));
    const acceptedSeconds = secondsSince();
    await side.isThrough();
    const throughSeconds = secondsSince();
    return {
      accepted_per_second: rounded(records / acceptedSeconds, 0),
      through_per_second: rounded(records / throughSeconds, 0),
      lost: await lostOf(broker, accepted),
    };
  } finally {
    await side.close();
    await broker.close();
  }
}

/**
 * @param {import('../../tests/support/kafka-broker.js').KafkaBroker} broker
 * @param {readonly string[]} accepted
 */
async function lostOf(broker, accepted) {
  const log = await TopicLog.open(broker.address);
  const arrived = log.entries['risk-assessment-results'] ?? new Map();
  await log.until(() => arrived.size >= accepted.length, 60_000);
  await log.close();
  return accepted.filter((id) => !arrived.has(id)).length;
}

/** @param {number} number */
function recordOf(number) {
  const id = randomUUID();
  const cameraId = `camera-${number % cameras}`;
  const text = noise.toString('base64', number % 1000, (number % 1000) + Math.floor((recordBytes * 3) / 4));
  const message = { messageId: id, cameraId, timestamp: new Date().toISOString(), picture: text };
  return {
    topic: 'risk-assessment-results',
    key: cameraId,
    id,
    urgency: /** @type {const} */ ('normal'),
    value: Buffer.from(JSON.stringify(message)),
  };
}

/** What a picture is to compression. */
const noise = randomBytes(recordBytes);

/** @param {string} address */
async function openPlainSide(address) {
  const producer = await PlainProducer.open(address);
  return {
    send: (/** @type {Parameters<Side['send']>[0]} */ record) => producer.send(record),
    isThrough: async () => {},
    close: () => producer.close(),
  };
}

/** @param {string} address */
async function openOutboxSide(address) {
  const folder = mkdtempSync(join(tmpdir(), 'roadwatch-bench-outbox-'));
  const { uplink: settings } = configSchema.parse({
    uplink: {
      enabled: true,
      bootstrapServers: [address],
      outboxPath: join(folder, 'outbox.db'),
      drainMessagesPerSecond: 1_000_000,
    },
  });
  const lines = { write: () => {} };
  const surroundings = { clock: realClock, random: Math.random, lines };
  const sender = await KafkaSender.open({ connection: settings, ...surroundings });
  const outbox = await openOutbox({ settings, sender, ...surroundings });
  return {
    send: (/** @type {Parameters<Side['send']>[0]} */ record) => outbox.send(record),
    isThrough: async () => {
      while (outbox.status().depth > 0 || outbox.status().waiting.records > 0) await wait(5);
    },
    close: async () => {
      await outbox.close();
      await sender.close();
      rmSync(folder, { recursive: true });
    },
  };
}
