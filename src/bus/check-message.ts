import { z } from 'zod';
import { RoadwatchError } from '../errors.ts';
import { type MessageOf, type Topic, topics } from './topics.ts';

/** Throws `bad-message` where the message does not fit the topic's schema. */
export function checkMessage(topic: Topic, message: unknown): void {
  const checked = topics[topic].safeParse(message);
  if (!checked.success) {
    throw new RoadwatchError('bad-message', `message for ${topic} refused: ${z.prettifyError(checked.error)}`);
  }
}

/** The message that a record of the topic holds. Throws `bad-message` where it is no JSON or does not fit the schema. */
export function parseMessage<T extends Topic>(topic: T, value: Buffer | null): MessageOf<T> {
  const checked = topics[topic].safeParse(parseJson(topic, value));
  if (!checked.success) {
    throw new RoadwatchError('bad-message', `not a message of ${topic}: ${z.prettifyError(checked.error)}`);
  }
  return checked.data as MessageOf<T>;
}

function parseJson(topic: Topic, value: Buffer | null): unknown {
  if (value === null) throw new RoadwatchError('bad-message', `message of ${topic}: expected JSON, received nothing`);
  try {
    return JSON.parse(value.toString('utf8'));
  } catch (error) {
    throw new RoadwatchError(
      'bad-message',
      `message of ${topic}: expected JSON, received ${value.length} bytes of other`,
      {
        cause: error,
      },
    );
  }
}
