/**
 * Loads node-rdkafka, and gives its errors names. Its addon can be loaded by one thread of a process: the main one. It is
 * loaded when Kafka is used for the first time, not before.
 */
import { createRequire } from 'node:module';
import type * as Rdkafka from 'node-rdkafka';
import type { KafkaFault } from './kafka-fault.ts';

export interface KafkaLibrary {
  readonly rdkafka: typeof Rdkafka;
  /** The fault behind whatever the library throws, or gives to a callback. */
  faultOf(error: unknown): KafkaFault;
}

interface LibraryError {
  readonly code: number;
  readonly origin: string;
  readonly message: string;
}

interface LibraryErrors {
  readonly codes: Readonly<Record<string, number>>;
  create(error: number | Error): LibraryError;
}

/** Of errors that came as words. */
const unknownCode = -1;

const require = createRequire(import.meta.url);

/** Throws where the addon is not built. */
export function loadKafkaLibrary(): KafkaLibrary {
  const rdkafka = require('node-rdkafka') as typeof Rdkafka;
  const errors = require('node-rdkafka/lib/error') as LibraryErrors;
  return { rdkafka, faultOf: faultReader(errors) };
}

/** Some errors come with their code, others with librdkafka's words for it alone. */
function faultReader(errors: LibraryErrors): (error: unknown) => KafkaFault {
  const nameOfCode = new Map<number, string>();
  const nameOfWords = new Map<string, string>();
  for (const [constant, code] of Object.entries(errors.codes)) {
    const name = constant.replace(/^ERR_/, '');
    nameOfCode.set(code, name);
    const { message } = errors.create(code);
    const { origin, message: words } = errors.create(new Error(message));
    nameOfWords.set(`${origin}: ${words}`, name);
  }
  return (error) => {
    const { code, origin, message = String(error) } = (error ?? {}) as Partial<LibraryError>;
    // What the library's JavaScript throws by itself has no code: the client is closed.
    if (code === undefined) return { name: '_STATE', words: message };
    const name = code === unknownCode ? nameOfWords.get(`${origin}: ${message}`) : nameOfCode.get(code);
    return { name: name ?? 'UNKNOWN', words: message };
  };
}
