import type { DeliveryReport, Producer } from 'node-rdkafka';
import { connectClient } from './connect-client.ts';
import { type KafkaFault, KafkaFaultError } from './kafka-fault.ts';
import type { KafkaLibrary } from './kafka-library.ts';
import type { BrokerRecord, KafkaSurroundings } from './kafka-options.ts';
import type { ClientSettings } from './kafka-settings.ts';
import { sayEvents } from './library-events.ts';
import type { ConnectProducer, ProducerClient } from './producer-client.ts';

/** How often reports are fetched from the library. */
const pollIntervalMs = 5;
const refreshLimitMs = 1000;
/** What the library may take to write out what is under way when it is closed. */
const closeFlushMs = 50;

/** Connects producers of librdkafka. */
export function rdkafkaProducers(
  library: KafkaLibrary,
  settings: ClientSettings,
  { lines, name }: { readonly lines: KafkaSurroundings['lines']; readonly name: string },
): ConnectProducer {
  return async (listener) => {
    const producer = new library.rdkafka.Producer(settings.global, settings.topic);
    sayEvents(producer, { library, name, lines, onFatal: (fault) => listener.onFatal(fault) });
    await connectClient(producer, library);
    producer.on('delivery-report', (error: unknown, { opaque }: DeliveryReport) => {
      listener.onReport(opaque, error ? library.faultOf(error) : undefined);
    });
    producer.setPollInterval(pollIntervalMs);
    return new RdkafkaProducer(producer, library);
  };
}

class RdkafkaProducer implements ProducerClient {
  readonly #producer: Producer;
  readonly #library: KafkaLibrary;

  constructor(producer: Producer, library: KafkaLibrary) {
    this.#producer = producer;
    this.#library = library;
  }

  produce({ topic, key, value, id, headers = {} }: BrokerRecord, token: object): KafkaFault | undefined {
    const sent = Object.entries({ id, ...headers }).map(([name, text]) => ({ [name]: text }));
    try {
      this.#producer.produce(topic, null, value, key, null, token, sent);
      return undefined;
    } catch (error) {
      return this.#library.faultOf(error);
    }
  }

  refresh(topic: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#producer.getMetadata({ topic, timeout: refreshLimitMs }, (error: unknown) => {
        if (error) reject(new KafkaFaultError(this.#library.faultOf(error)));
        else resolve();
      });
    });
  }

  close(): Promise<void> {
    this.#producer.removeAllListeners('delivery-report');
    return new Promise((resolve) => {
      if (!this.#producer.isConnected()) return resolve();
      this.#producer.disconnect(closeFlushMs, () => resolve());
    });
  }
}
