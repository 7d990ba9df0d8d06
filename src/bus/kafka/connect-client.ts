import type { Client } from 'node-rdkafka';
import { KafkaFaultError } from './kafka-fault.ts';
import type { KafkaLibrary } from './kafka-library.ts';

/** A try to connect holds one of libuv's few threads for as long. */
const connectTryMs = 1000;

/** Connects a client of the library. Rejects with a `KafkaFaultError` where no broker answers; the client is then of no use. */
export function connectClient<Events extends string>(client: Client<Events>, library: KafkaLibrary): Promise<void> {
  return new Promise((resolve, reject) => {
    // The library leaves out what the type does not know: which topics to ask for. None are.
    const options: object = { timeout: connectTryMs, allTopics: false };
    client.connect(options, (error: unknown) => {
      if (error) reject(new KafkaFaultError(library.faultOf(error)));
      else resolve();
    });
  });
}
