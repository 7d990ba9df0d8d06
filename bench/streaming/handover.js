/** One of two schedulers is killed: when the other has its partitions, and when each of them is answered again. */
import { setTimeout as wait } from 'node:timers/promises';
import { partitionsOf, sendTask, startSchedulers, untilShared } from './schedulers.js';
import { partitions } from './topic-log.js';

/** Far more than the load wants: what has waited is soon answered, so that it is the handing over that is measured. */
const callsInFlight = 32;
/** Enough that every partition has some. */
const cameras = 128;
const perSecond = 32;
const knownLimitMs = 60_000;
const handoverLimitMs = 40_000;
const settleLimitMs = 60_000;
const pollMs = 50;

/**
 * @param {import('./site.js').Site} site
 * @param {import('./topic-log.js').TopicLog} log
 * @param {import('./feed.js').PlainProducer} producer
 */
export async function measureHandover(site, log, producer) {
  const services = await startSchedulers(site, 2, callsInFlight);
  const [first, second] = services;
  if (first === undefined || second === undefined) throw new Error('expected two processes');
  const answers = new Answers(log);
  const feed = new TaskFeed(producer);
  try {
    const shares = await untilShared(services);
    await log.expect('an answer in each partition', () => answers.partitionCount === partitions, knownLimitMs);
    // By then every camera has been asked about again: who answered last has the partition.
    await wait((cameras / perSecond) * 1000);
    await first.kill();
    const killedMs = performance.now();
    const sinceMs = () => Math.round(performance.now() - killedMs);
    const orphans = answers.partitionsOf('process-1');
    const isTaken = (/** @type {number} */ partition) => answers.lastOf(partition) === 'process-2';
    const until = async (/** @type {() => boolean | Promise<boolean>} */ holds) => {
      while (!(await holds()) && sinceMs() < handoverLimitMs) await wait(pollMs);
      return sinceMs();
    };
    const [takenMs, firstMs, allMs] = await Promise.all([
      until(async () => (await partitionsOf(second)) === partitions),
      until(() => orphans.some(isTaken)),
      until(() => orphans.every(isTaken)),
    ]);
    feed.stop();
    const tasks = log.entries['assessment-tasks'] ?? new Map();
    const results = log.entries['risk-assessment-results'] ?? new Map();
    await log.until(() => results.size >= tasks.size, settleLimitMs);
    return {
      shares,
      partitions: orphans.length,
      taken_ms: takenMs,
      first_ms: firstMs,
      all_ms: allMs,
      unanswered: tasks.size - results.size,
    };
  } finally {
    feed.stop();
    answers.leave();
    await Promise.all(services.map((service) => site.stop(service)));
  }
}

/** Who has answered last, by partition. Answers are in the partition that their task was in: it is the camera's. */
class Answers {
  /** @type {Map<number, string>} */
  #last = new Map();

  /** @param {import('./topic-log.js').TopicLog} log */
  constructor(log) {
    this.leave = log.onEntry((topic, _id, { partition, metadata }) => {
      if (topic === 'risk-assessment-results') this.#last.set(partition, metadata.apiKeyId);
    });
  }

  get partitionCount() {
    return this.#last.size;
  }

  /** @param {number} partition */
  lastOf(partition) {
    return this.#last.get(partition);
  }

  /** @param {string} key */
  partitionsOf(key) {
    return [...this.#last].filter(([, one]) => one === key).map(([partition]) => partition);
  }
}

/** Tasks of all cameras in turn. */
class TaskFeed {
  #timer;

  /** @param {import('./feed.js').PlainProducer} producer */
  constructor(producer) {
    let sent = 0;
    this.#timer = setInterval(() => {
      void sendTask(producer, `camera-${sent % cameras}`);
      sent += 1;
    }, 1000 / perSecond);
  }

  stop() {
    clearInterval(this.#timer);
  }
}
