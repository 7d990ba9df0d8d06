/** Detections, or tasks, of cameras that are none, from a plain producer of librdkafka: what the broker has confirmed is accepted. */
import { randomUUID } from 'node:crypto';
import rdkafka from 'node-rdkafka';
import { syntheticDetection } from '../../dist/streaming-test/synthetic-detection.js';
import { syntheticPicture } from '../../dist/streaming-test/synthetic-picture.js';

const pollMs = 5;

/** A producer that keeps order and gives nothing up. */
export class PlainProducer {
  #producer;

  /** @param {import('node-rdkafka').Producer} producer */
  constructor(producer) {
    this.#producer = producer;
  }

  /** @param {string} address */
  static async open(address) {
    const producer = new rdkafka.Producer(
      {
        'bootstrap.servers': address,
        'enable.idempotence': true,
        'compression.codec': 'lz4',
        'linger.ms': 5,
        'queue.buffering.max.messages': 100_000,
        dr_cb: true,
      },
      { acks: 'all', 'message.timeout.ms': 0, partitioner: 'murmur2_random' },
    );
    await new Promise((resolve, reject) => {
      producer.connect({}, (error) => (error ? reject(error) : resolve(undefined)));
    });
    producer.on('event.error', () => {});
    producer.on('delivery-report', (error, { opaque }) => opaque(error));
    producer.setPollInterval(pollMs);
    return new PlainProducer(producer);
  }

  /**
   * Resolves when the broker has it.
   *
   * @param {{topic: string, key: string, id: string, value: Buffer}} record
   */
  send({ topic, key, id, value }) {
    return new Promise((resolve, reject) => {
      const report = (/** @type {unknown} */ error) => (error ? reject(error) : resolve(undefined));
      this.#producer.produce(topic, null, value, key, null, report, [{ id }]);
    });
  }

  close() {
    return new Promise((resolve) => this.#producer.disconnect(2000, () => resolve(undefined)));
  }
}

/** Sends detections of one group each, spread evenly over time. */
export class DetectionFeed {
  #producer;
  #load;
  #picture;
  #sent = 0;
  #startedMs = performance.now();
  #startedAtMs = Date.now();
  /** @type {NodeJS.Timeout} */
  #timer;
  /** @type {Map<string, string>} Request ids that the broker has confirmed, with their cameras. */
  accepted = new Map();
  /** Sent and not confirmed yet. */
  underWay = 0;

  /**
   * @param {PlainProducer} producer
   * @param {{cameras: number, perSecond: number, pictureBytes: number}} load
   */
  constructor(producer, load) {
    this.#producer = producer;
    this.#load = load;
    this.#picture = syntheticPicture(load.pictureBytes).toString('base64');
    this.#timer = setInterval(() => this.#sendDue(), 10);
  }

  stop() {
    clearInterval(this.#timer);
  }

  #sendDue() {
    const due = ((performance.now() - this.#startedMs) / 1000) * this.#load.perSecond;
    for (; this.#sent < due; this.#sent += 1) this.#sendOne(this.#sent);
  }

  /** @param {number} number */
  #sendOne(number) {
    const cameraId = `feed-${number % this.#load.cameras}`;
    const message = syntheticDetection({
      cameraId,
      requestId: randomUUID(),
      sequence: Math.floor(number / this.#load.cameras),
      groups: 1,
      pictureBase64: this.#picture,
      // When it was due: no two of a camera in one millisecond, however late this process is.
      capturedAtMs: Math.round(this.#startedAtMs + (number * 1000) / this.#load.perSecond),
    });
    const { requestId } = message;
    this.underWay += 1;
    const value = Buffer.from(JSON.stringify(message));
    this.#producer.send({ topic: 'detection-results', key: cameraId, id: requestId, value }).then(() => {
      this.underWay -= 1;
      this.accepted.set(requestId, cameraId);
    });
  }
}
