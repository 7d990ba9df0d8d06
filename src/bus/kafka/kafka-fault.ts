/** What goes wrong between a client and its brokers. */
export interface KafkaFault {
  /** librdkafka's name of it: `MSG_SIZE_TOO_LARGE` is a broker's answer, `_QUEUE_FULL` comes from the library itself. */
  readonly name: string;
  /** For people. */
  readonly words: string;
}

/** The broker will never take this record, however often it is sent. */
const refusals = new Set([
  'MSG_SIZE_TOO_LARGE',
  'INVALID_MSG_SIZE',
  'RECORD_LIST_TOO_LARGE',
  'TOPIC_AUTHORIZATION_FAILED',
  'TOPIC_EXCEPTION',
  'INVALID_RECORD',
  'INVALID_TIMESTAMP',
  'POLICY_VIOLATION',
  'UNSUPPORTED_FOR_MESSAGE_FORMAT',
  '_INVALID_ARG',
]);

const unknownTopics = new Set(['UNKNOWN_TOPIC_OR_PART', '_UNKNOWN_TOPIC', '_UNKNOWN_PARTITION']);

/** The client is of no use any more; a new one has to take its place. */
const fatal = new Set(['_FATAL', '_PURGE_QUEUE', '_PURGE_INFLIGHT', '_STATE', '_DESTROY']);

/** Our own: no broker was found yet. */
export const notConnected: KafkaFault = { name: 'NOT_CONNECTED', words: 'no broker was found yet' };

export function isRefusal({ name }: KafkaFault): boolean {
  return refusals.has(name);
}

export function isUnknownTopic({ name }: KafkaFault): boolean {
  return unknownTopics.has(name);
}

export function isFatal({ name }: KafkaFault): boolean {
  return fatal.has(name);
}

/** A fault that is thrown. */
export class KafkaFaultError extends Error {
  readonly fault: KafkaFault;

  constructor(fault: KafkaFault) {
    super(`${fault.words} (${fault.name})`);
    this.name = 'KafkaFaultError';
    this.fault = fault;
  }
}
