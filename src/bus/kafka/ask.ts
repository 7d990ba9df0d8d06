import { KafkaFaultError } from './kafka-fault.ts';
import type { KafkaLibrary } from './kafka-library.ts';

/** The answer to a request of the library that calls back. Rejects with a `KafkaFaultError`. */
export function ask<Answer>(
  library: KafkaLibrary,
  request: (answer: (error: unknown, value: Answer) => void) => void,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => reject(new KafkaFaultError(library.faultOf(error)));
    try {
      request((error, value) => (error ? fail(error) : resolve(value)));
    } catch (error) {
      fail(error);
    }
  });
}
