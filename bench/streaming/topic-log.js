/**
 * The independent checker: reads the topics itself, from their beginnings on, with a plain consumer of librdkafka that is in
 * no group, and keeps what came: ids, places, cameras. Knows nothing of our bus.
 */
import { setTimeout as wait } from 'node:timers/promises';
import rdkafka from 'node-rdkafka';

export const topics = /** @type {const} */ (['detection-results', 'assessment-tasks', 'risk-assessment-results']);
export const partitions = 16;
const answerLimitMs = 5000;

/**
 * @typedef {(typeof topics)[number]} TopicName
 * @typedef {object} Entry
 * @property {string} cameraId
 * @property {string} requestId
 * @property {number} partition
 * @property {string} timestamp Of the frame's capture.
 * @property {number} atMs When it was read here the first time; UTC.
 * @property {number} count How often it is there.
 * @property {number} groups Of a detection.
 * @property {any} [metadata] Of a result.
 */

export class TopicLog {
  #consumer;
  /** @type {Record<string, Map<string, Entry>>} By topic and id, in the order in which they came. */
  entries = Object.fromEntries(topics.map((topic) => [topic, new Map()]));
  /** @type {Record<string, number>} Messages whose id had come before. */
  repeats = Object.fromEntries(topics.map((topic) => [topic, 0]));
  /** What is wrong with messages: keys that are not the camera, ids that are not the message's own. */
  wrong = 0;
  /** Messages that say what another has said, under another id: nobody could tell that they are repeats. */
  unrecognised = 0;
  /** Messages that are older than one of their camera that came before; repeats left out. */
  outOfOrder = 0;
  /** @type {Map<string, {sentAtMs: number, groups: number}[]>} By topic and partition, by offset. */
  #places = new Map();
  /** @type {Map<string, string>} By camera, the capture of its newest detection. */
  #newest = new Map();
  /** @type {Map<string, string>} Ids, by what the message is about. */
  #subjects = new Map();
  /** @type {Set<(topic: TopicName, id: string, entry: Entry) => void>} */
  #listeners = new Set();

  /** @param {string} address */
  constructor(address) {
    this.#consumer = new rdkafka.KafkaConsumer(
      {
        'bootstrap.servers': address,
        'group.id': 'bench-checker',
        'enable.auto.commit': false,
        'reconnect.backoff.max.ms': 500,
        'fetch.wait.max.ms': 50,
      },
      { 'auto.offset.reset': 'earliest' },
    );
  }

  /** @param {string} address */
  static async open(address) {
    const log = new TopicLog(address);
    const consumer = log.#consumer;
    await new Promise((resolve, reject) => {
      consumer.connect({}, (error) => (error ? reject(error) : resolve(undefined)));
    });
    // A broker that is away is what is measured.
    consumer.on('event.error', () => {});
    consumer.on('data', (message) => log.#read(message));
    consumer.assign(placesOf(topics).map((place) => ({ ...place, offset: 0 })));
    consumer.setDefaultConsumeTimeout(50);
    consumer.consume();
    return log;
  }

  /**
   * Hears of each message, repeats left out.
   *
   * @param {(topic: TopicName, id: string, entry: Entry) => void} listener
   */
  onEntry(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Messages of a topic that were there at that time, beyond what a group has committed; and groups in them.
   *
   * @param {Group} group
   * @param {TopicName} topic
   * @param {number} atMs UTC.
   */
  async uncommitted(group, topic, atMs) {
    const left = { messages: 0, groups: 0 };
    for (const { partition, offset } of await group.committed(topic)) {
      const beyond = (this.#places.get(`${topic} ${partition}`) ?? []).slice(offset);
      for (const { sentAtMs, groups } of beyond) {
        if (sentAtMs > atMs) continue;
        left.messages += 1;
        left.groups += groups;
      }
    }
    return left;
  }

  /**
   * Waits until it holds; throws where it does not for so long, since nothing can be measured then.
   *
   * @param {string} what
   * @param {() => boolean} holds
   * @param {number} limitMs
   */
  async expect(what, holds, limitMs) {
    if (!(await this.until(holds, limitMs))) throw new Error(`expected within ${limitMs / 1000} s: ${what}`);
  }

  /**
   * Waits until it holds, or for so long.
   *
   * @param {() => boolean} holds
   * @param {number} limitMs
   */
  async until(holds, limitMs) {
    const untilMs = performance.now() + limitMs;
    while (!holds() && performance.now() < untilMs) await wait(20);
    return holds();
  }

  close() {
    return new Promise((resolve) => this.#consumer.disconnect(() => resolve(undefined)));
  }

  /** @param {import('node-rdkafka').Message} message */
  #read({ topic: name, partition, offset, key, value, headers, timestamp: sentAtMs = 0 }) {
    const topic = /** @type {TopicName} */ (name);
    const message = JSON.parse(String(value));
    const id = message.messageId ?? message.taskId ?? message.requestId;
    const cameraId = String(message.cameraId);
    const { requestId, timestamp, metadata, trafficGroups = [] } = message;
    const groups = trafficGroups.length;
    const place = `${topic} ${partition}`;
    const places = this.#places.get(place) ?? [];
    places[offset] = { sentAtMs, groups };
    this.#places.set(place, places);
    if (String(key) !== cameraId || String(headers?.[0]?.id) !== id) this.wrong += 1;
    const known = this.entries[topic]?.get(id);
    if (known !== undefined) {
      known.count += 1;
      this.repeats[topic] = (this.repeats[topic] ?? 0) + 1;
      return;
    }
    const entry = { cameraId, requestId, partition, timestamp, atMs: Date.now(), count: 1, groups, metadata };
    this.entries[topic]?.set(id, entry);
    if (requestId !== undefined) this.#followSubject(subjectOf(topic, message), id);
    if (topic === 'detection-results') this.#followCamera(entry);
    for (const listener of this.#listeners) listener(topic, id, entry);
  }

  /**
   * @param {string} subject
   * @param {string} id
   */
  #followSubject(subject, id) {
    const known = this.#subjects.get(subject) ?? id;
    if (known !== id) this.unrecognised += 1;
    this.#subjects.set(subject, known);
  }

  /** @param {Entry} entry */
  #followCamera({ cameraId, timestamp }) {
    const newest = this.#newest.get(cameraId) ?? '';
    // ISO 8601 in UTC, milliseconds always: text is in the order of time.
    if (timestamp < newest) this.outOfOrder += 1;
    else this.#newest.set(cameraId, timestamp);
  }
}

/**
 * What a message is about, whatever its id is: a frame, or groups of a detection.
 *
 * @param {TopicName} topic
 * @param {any} message
 */
function subjectOf(topic, { cameraId, timestamp, requestId, groupIndex, results }) {
  if (topic === 'detection-results') return `${topic} ${cameraId} ${timestamp}`;
  const groups = results?.map((/** @type {{groupIndex: number}} */ one) => one.groupIndex) ?? groupIndex;
  return `${topic} ${requestId} ${groups}`;
}

/** Asks the broker what a consumer group has committed, without being its member. */
export class Group {
  #consumer;

  /** @param {import('node-rdkafka').KafkaConsumer} consumer */
  constructor(consumer) {
    this.#consumer = consumer;
  }

  /**
   * @param {string} address
   * @param {string} name
   */
  static async open(address, name) {
    const consumer = new rdkafka.KafkaConsumer({ 'bootstrap.servers': address, 'group.id': name }, {});
    await new Promise((resolve, reject) => {
      consumer.connect({}, (error) => (error ? reject(error) : resolve(undefined)));
    });
    consumer.on('event.error', () => {});
    return new Group(consumer);
  }

  /**
   * @param {TopicName} topic
   * @returns {Promise<{partition: number, offset: number}[]>} The next offsets.
   */
  committed(topic) {
    return new Promise((resolve, reject) => {
      this.#consumer.committed(placesOf([topic]), answerLimitMs, (error, places) => {
        if (error) reject(error);
        else resolve(places.map(({ partition, offset }) => ({ partition, offset: Math.max(0, Number(offset) || 0) })));
      });
    });
  }

  close() {
    return new Promise((resolve) => this.#consumer.disconnect(() => resolve(undefined)));
  }
}

/** @param {readonly TopicName[]} names */
function placesOf(names) {
  return names.flatMap((topic) => Array.from({ length: partitions }, (_, partition) => ({ topic, partition })));
}
