/** Gives what this box finds to whoever takes it to the central site. */
import type { Bus } from '../bus/bus.ts';
import type { RecordSender } from '../bus/outgoing-record.ts';
import { recordOfMessage } from '../bus/record-of-message.ts';
import type { Topic } from '../bus/topics.ts';

/** What a central site reads. Tasks stay in the box: it answers them itself. */
const mirroredTopics = ['detection-results', 'risk-assessment-results'] as const satisfies readonly Topic[];

/**
 * Sends every message of these topics, in order by key. The bus waits for none of it. `onLost` hears of messages that the
 * sender does not take.
 */
export function mirror(
  bus: Bus,
  sender: RecordSender,
  onLost: (topic: Topic, key: string, error: unknown) => void,
): void {
  for (const topic of mirroredTopics) {
    bus.subscribe(topic, 'onlooker', (message, key) => {
      sender.send(recordOfMessage(topic, key, message)).catch((error) => onLost(topic, key, error));
    });
  }
}
