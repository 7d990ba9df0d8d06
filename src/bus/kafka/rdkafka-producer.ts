import type { DeliveryReport, Metadata, Producer, WatermarkOffsets } from 'node-rdkafka';
import type { Clock } from '../../time/clock.ts';
import { ask } from './ask.ts';
import type { Watermarks } from './cluster-view.ts';
import { connectClient } from './connect-client.ts';
import type { TopicPartition } from './consumer-client.ts';
import type { KafkaFault } from './kafka-fault.ts';
import type { KafkaLibrary } from './kafka-library.ts';
import type { BrokerRecord, KafkaSurroundings } from './kafka-options.ts';
import type { ClientSettings } from './kafka-settings.ts';
import { sayEvents } from './library-events.ts';
import type { ConnectProducer, ProducerClient, ProducerListener } from './producer-client.ts';

/** How often the library is asked for reports while some are to come, and for what else it has to say. */
const pollIntervalMs = 5;
const idlePollIntervalMs = 250;
/** How long an answer of a broker is waited for; each such wait holds one of libuv's few threads. */
const answerLimitMs = 2000;
/** What the library may take to write out what is under way when it is closed. */
const closeFlushMs = 50;

/** Connects producers of librdkafka. */
export function rdkafkaProducers(
  library: KafkaLibrary,
  settings: ClientSettings,
  { clock, lines, name }: Pick<KafkaSurroundings, 'clock' | 'lines'> & { readonly name: string },
): ConnectProducer {
  return async (listener) => {
    const producer = new library.rdkafka.Producer(settings.global, settings.topic);
    sayEvents(producer, { library, name, lines, onFatal: (fault) => listener.onFatal(fault) });
    await connectClient(producer, library);
    return new RdkafkaProducer(producer, library, listener, clock);
  };
}

class RdkafkaProducer implements ProducerClient {
  readonly #producer: Producer;
  readonly #library: KafkaLibrary;
  readonly #clock: Clock;
  /** Records of which no report has come. */
  #underWay = 0;
  #cancelPoll = () => {};

  constructor(producer: Producer, library: KafkaLibrary, listener: ProducerListener, clock: Clock) {
    this.#producer = producer;
    this.#library = library;
    this.#clock = clock;
    producer.on('delivery-report', (error: unknown, { opaque }: DeliveryReport) => {
      this.#underWay -= 1;
      listener.onReport(opaque, error ? library.faultOf(error) : undefined);
    });
    this.#pollLater();
  }

  produce({ topic, key, value, id, headers = {} }: BrokerRecord, token: object): KafkaFault | undefined {
    const sent = Object.entries({ id, ...headers }).map(([name, text]) => ({ [name]: text }));
    try {
      this.#producer.produce(topic, null, value, key, null, token, sent);
      this.#underWay += 1;
      if (this.#underWay === 1) this.#pollLater();
      return undefined;
    } catch (error) {
      return this.#library.faultOf(error);
    }
  }

  async watermarks({ topic, partition }: TopicPartition): Promise<Watermarks> {
    const { lowOffset, highOffset } = await ask<WatermarkOffsets>(this.#library, (answer) => {
      this.#producer.queryWatermarkOffsets(topic, partition, answerLimitMs, answer);
    });
    return { low: lowOffset, high: highOffset };
  }

  async partitionCount(topic: string): Promise<number> {
    const { topics } = await ask<Pick<Metadata, 'topics'>>(this.#library, (answer) => {
      this.#producer.getMetadata({ topic, timeout: answerLimitMs }, answer);
    });
    return topics.find(({ name }) => name === topic)?.partitions.length ?? 0;
  }

  close(): Promise<void> {
    this.#cancelPoll();
    this.#producer.removeAllListeners('delivery-report');
    return new Promise((resolve) => {
      if (!this.#producer.isConnected()) return resolve();
      this.#producer.disconnect(closeFlushMs, () => resolve());
    });
  }

  #pollLater(): void {
    this.#cancelPoll();
    const waitMs = this.#underWay > 0 ? pollIntervalMs : idlePollIntervalMs;
    this.#cancelPoll = this.#clock.after(waitMs, () => {
      if (!this.#producer.isConnected()) return;
      this.#producer.poll();
      this.#pollLater();
    });
  }
}
