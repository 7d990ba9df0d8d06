/** Messages that cannot be handled, put aside with the reason, so that those behind them go on. */
import { isUtf8 } from 'node:buffer';
import { errorCode, errorMessage } from '../../errors.ts';
import { wait } from '../../time/wait.ts';
import type { FetchedMessage } from './consumer-client.ts';
import type { DeadLetter } from './dead-letter.ts';
import type { BrokerRecord, BrokerSender, KafkaSurroundings } from './kafka-options.ts';

/** Wait before a topic of dead letters that has refused one is tried again. */
const refusedWaitMs = 30_000;
const maxReasonLength = 2000;

/** The topic that keeps what nobody could handle of another. */
export function deadLetterTopic(topic: string): string {
  return `${topic}-dlq`;
}

export interface DeadLettersOptions extends Pick<KafkaSurroundings, 'clock' | 'lines'> {
  readonly sender: BrokerSender;
  readonly reader: string;
}

export class DeadLetters {
  readonly #options: DeadLettersOptions;

  constructor(options: DeadLettersOptions) {
    this.#options = options;
  }

  /**
   * Puts a message aside; resolves with true when the broker has it, and with false where `signal` ended that before. Where
   * the topic of dead letters refuses it, that is tried again and again: the message is not lost.
   */
  async keep(message: FetchedMessage, failure: unknown, signal: AbortSignal): Promise<boolean> {
    const whole = this.#record(message, failure, false);
    const attempts = [whole, this.#record(message, failure, true)];
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      try {
        await this.#options.sender.send(attempts[attempt] ?? whole);
        this.#say(message, failure, 'dead letter', `is put aside in ${deadLetterTopic(message.topic)}`);
        return true;
      } catch (error) {
        if (errorCode(error) === 'sender-closed') return false;
        if (attempt === 0) continue;
        this.#say(message, error, 'dead letter refused', 'cannot be put aside and holds its partition up');
        await wait(this.#options.clock, refusedWaitMs, signal);
      }
    }
    return false;
  }

  #record(message: FetchedMessage, failure: unknown, valueOmitted: boolean): BrokerRecord {
    const { topic, partition, offset, key } = message;
    const letter = deadLetter(message, failure, this.#options.reader, valueOmitted);
    return {
      topic: deadLetterTopic(topic),
      key,
      value: Buffer.from(JSON.stringify(letter)),
      id: `${topic}-${partition}-${offset}`,
      headers: { reason: letter.code },
    };
  }

  #say({ topic, partition, offset }: FetchedMessage, error: unknown, event: string, words: string): void {
    const { lines, reader } = this.#options;
    lines.write(
      'error',
      `${event} ${reader} ${topic}`,
      { topic, partition, offset, reader, code: errorCode(error) },
      `a message of ${topic} ${words}: ${errorMessage(error)}`,
    );
  }
}

function deadLetter(
  { topic, partition, offset, key, timestamp, value }: FetchedMessage,
  failure: unknown,
  reader: string,
  valueOmitted: boolean,
): DeadLetter {
  const valueEncoding = value === null || isUtf8(value) ? 'utf8' : 'base64';
  return {
    reason: errorMessage(failure).slice(0, maxReasonLength),
    code: errorCode(failure),
    reader,
    topic,
    partition,
    offset,
    key: key?.toString('utf8') ?? null,
    timestamp: timestamp ?? null,
    value: valueOmitted ? null : (value?.toString(valueEncoding) ?? null),
    valueEncoding,
    ...(valueOmitted ? { valueOmitted } : {}),
  };
}
