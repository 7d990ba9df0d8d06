/** The topics of a cluster as we want them. */
import { type Topic, topics } from '../topics.ts';
import { deadLetterTopic } from './dead-letters.ts';
import { maxRecordBytes } from './kafka-settings.ts';

const dayMs = 86_400_000;
/** What a batch takes besides its records. */
const batchOverheadBytes = 65_536;

const retentionDays: Readonly<Record<Topic, number>> = {
  // A week to look back, or to come back after a long outage of the central site.
  'detection-results': 7,
  // A task is answered within seconds; a day leaves time to see what went wrong.
  'assessment-tasks': 1,
  'risk-assessment-results': 30,
};
/** Long enough for somebody to look, repair and send them again. */
const deadLetterDays = 30;

export interface TopicPlan {
  readonly name: string;
  readonly partitions: number;
  readonly replicas: number;
  /** Kafka's own names. */
  readonly settings: Readonly<Record<string, string>>;
}

/** Every topic, with that of its dead letters. */
export function plannedTopics({ partitions, replicas }: Pick<TopicPlan, 'partitions' | 'replicas'>): TopicPlan[] {
  const plan = (name: string, days: number): TopicPlan => ({
    name,
    partitions,
    replicas,
    settings: {
      'cleanup.policy': 'delete',
      'retention.ms': String(days * dayMs),
      'max.message.bytes': String(maxRecordBytes + batchOverheadBytes),
      // As the sender has compressed them: brokers need not unpack.
      'compression.type': 'producer',
      // One broker may be away for maintenance.
      'min.insync.replicas': String(Math.max(1, replicas - 1)),
    },
  });
  return (Object.keys(topics) as Topic[]).flatMap((topic) => [
    plan(topic, retentionDays[topic]),
    plan(deadLetterTopic(topic), deadLetterDays),
  ]);
}
