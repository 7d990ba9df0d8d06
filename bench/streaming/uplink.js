/** Records of 30 KB through the durable outbox to the broker, and through a plain producer; both take turns. */
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KafkaSender } from '../../dist/bus/kafka/kafka-sender.js';
import { configSchema } from '../../dist/config/schema.js';
import { realClock } from '../../dist/time/clock.js';
import { openOutbox } from '../../dist/uplink/open-outbox.js';
import { rounded, spread, spreadText } from '../statistics.js';
import { Broker } from './broker.js';
import { PlainProducer } from './feed.js';
import { table } from './table.js';
import { TopicLog } from './topic-log.js';

const recordBytes = 30_000;
const cameras = 100;
/** Records that are sent and not accepted yet. */
const window = 500;

/** @param {import('../streaming.js').StreamingOptions} options */
export async function uplink({ seconds, runs }) {
  const broker = await Broker.start();
  const sides = { outbox: openOutboxSide, 'plain producer': openPlainSide };
  /** @type {Record<string, Awaited<ReturnType<typeof measure>>[]>} */
  const figures = {};
  try {
    for (let run = 0; run < runs; run += 1) {
      for (const [name, open] of Object.entries(sides)) {
        console.error(`run ${run + 1}: ${name}`);
        figures[name] = [...(figures[name] ?? []), await measure(broker, open, seconds)];
      }
    }
  } finally {
    await broker.close();
  }
  const rows = Object.entries(figures).map(([name, all]) => [
    name,
    ...['accepted_per_second', 'arrived_per_second', 'lost'].map((column) =>
      spreadText(spread(all.map((one) => one[/** @type {keyof typeof one} */ (column)]))),
    ),
  ]);
  console.log(table(['30 KB records', 'accepted, /s', 'at the broker, /s', 'lost'], rows));
  return { record_bytes: recordBytes, seconds, runs, sides: figures };
}

/**
 * @typedef {object} Side
 * @property {(record: {topic: any, key: string, id: string, value: Buffer, urgency: 'normal'}) => Promise<unknown>} send
 * @property {() => Promise<unknown>} close
 */

/**
 * Sends for so long, waits until all is at the broker.
 *
 * @param {Broker} broker
 * @param {(address: string) => Promise<Side>} open
 * @param {number} seconds
 */
async function measure(broker, open, seconds) {
  const log = await TopicLog.open(broker.address);
  const side = await open(broker.address);
  const arrived = log.entries['risk-assessment-results'] ?? new Map();
  const before = arrived.size;
  try {
    /** @type {string[]} */
    const accepted = [];
    const startedMs = performance.now();
    const untilMs = startedMs + seconds * 1000;
    let number = 0;
    const one = async () => {
      while (performance.now() < untilMs) {
        const record = recordOf(number++);
        await side.send(record);
        accepted.push(record.id);
      }
    };
    await Promise.all(Array.from({ length: window }, one));
    const acceptedSeconds = (performance.now() - startedMs) / 1000;
    const missing = () => accepted.filter((id) => !arrived.has(id)).length;
    await log.until(() => arrived.size - before >= accepted.length && missing() === 0, 60_000);
    const arrivedSeconds = (performance.now() - startedMs) / 1000;
    return {
      accepted_per_second: rounded(accepted.length / acceptedSeconds, 0),
      arrived_per_second: rounded(accepted.length / arrivedSeconds, 0),
      lost: missing(),
    };
  } finally {
    await side.close();
    await log.close();
  }
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
  return PlainProducer.open(address);
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
  const lines = { write: (/** @type {unknown[]} */ ...[level, , , message]) => console.error(`${level}: ${message}`) };
  const surroundings = { clock: realClock, random: Math.random, lines };
  const sender = await KafkaSender.open({ connection: settings, ...surroundings });
  const outbox = await openOutbox({ settings, sender, ...surroundings });
  return {
    send: (/** @type {Parameters<typeof outbox.send>[0]} */ record) => outbox.send(record),
    close: async () => {
      await outbox.close();
      await sender.close();
      rmSync(folder, { recursive: true });
    },
  };
}
