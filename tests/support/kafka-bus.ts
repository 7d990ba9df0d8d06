/** What tests of Kafka share: settings, topics, buses that are closed with the test. */
import { KafkaBus } from '../../src/bus/kafka/kafka-bus.ts';
import type { KafkaBusOptions, KafkaConnection } from '../../src/bus/kafka/kafka-options.ts';
import { KafkaSender } from '../../src/bus/kafka/kafka-sender.ts';
import { TopicAdmin } from '../../src/bus/kafka/topic-admin.ts';
import { plannedTopics } from '../../src/bus/kafka/topic-plan.ts';
import { type Config, configSchema } from '../../src/config/schema.ts';
import { realClock } from '../../src/time/clock.ts';
import { systemRandom } from '../../src/time/random.ts';

/** Lines of the log, as they are written. */
export class RecordedLines {
  readonly written: { readonly level: string; readonly subject: string; readonly message: string }[] = [];

  write(level: string, subject: string, _fields: unknown, message: string): void {
    this.written.push({ level, subject, message });
  }
}

export function kafkaSettings(address: string, overrides: object = {}): Config['kafka'] {
  const soon = { sessionTimeoutMs: 2000 };
  return configSchema.parse({ kafka: { enabled: true, bootstrapServers: [address], ...soon, ...overrides } }).kafka;
}

export async function createTopics(connection: KafkaConnection, partitions: number): Promise<void> {
  const admin = await TopicAdmin.open({ connection, clock: realClock, lines: new RecordedLines() });
  for (const plan of plannedTopics({ partitions, replicas: 1 })) await admin.create(plan);
  await admin.close();
}

export interface OpenBus {
  readonly bus: KafkaBus;
  readonly sender: KafkaSender;
  readonly lines: RecordedLines;
  close(): Promise<void>;
}

/** A bus with a sender of its own, as a process has them. */
export async function openBus(
  settings: Config['kafka'],
  overrides: Partial<Pick<KafkaBusOptions, 'onHandlerError' | 'senderOf' | 'closeLimitMs'>> = {},
): Promise<OpenBus> {
  const lines = new RecordedLines();
  const surroundings = { clock: realClock, random: systemRandom, lines };
  const sender = await KafkaSender.open({ connection: settings, ...surroundings });
  const bus = await KafkaBus.open({
    settings,
    sender,
    ...surroundings,
    onHandlerError: () => {},
    ...overrides,
  });
  return {
    bus,
    sender,
    lines,
    close: async () => {
      await bus.close();
      await sender.close();
    },
  };
}
