/** Opens what speaks to Kafka: the bus of many processes. */
import { KafkaBus } from './bus/kafka/kafka-bus.ts';
import type { KafkaBusOptions, KafkaConnection } from './bus/kafka/kafka-options.ts';
import { KafkaSender } from './bus/kafka/kafka-sender.ts';
import type { BusParts, RunningBus } from './start-bus.ts';
import { realClock } from './time/clock.ts';
import { systemRandom } from './time/random.ts';

/** Does not wait for brokers. Throws `kafka-settings` where a file of certificates or keys cannot be read. */
export async function openKafka(
  { config, metrics, lines }: BusParts,
  onHandlerError: KafkaBusOptions['onHandlerError'],
): Promise<RunningBus> {
  const surroundings = { clock: realClock, random: systemRandom, lines };
  const sender = await openSender(config.kafka, surroundings);
  const bus = await KafkaBus.open({ ...surroundings, settings: config.kafka, sender, onHandlerError });
  metrics.readKafkaFrom({ sender: () => sender.stats(), readers: () => bus.stats() });
  return {
    bus,
    close: async () => {
      await bus.close();
      await sender.close();
    },
  };
}

function openSender(
  connection: KafkaConnection,
  surroundings: Pick<KafkaBusOptions, 'clock' | 'random' | 'lines'>,
): Promise<KafkaSender> {
  return KafkaSender.open({ ...surroundings, connection });
}
