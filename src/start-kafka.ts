/** Opens what speaks to Kafka: the bus of many processes, and the outbox between it and the cameras. */
import { KafkaBus } from './bus/kafka/kafka-bus.ts';
import type { KafkaBusOptions } from './bus/kafka/kafka-options.ts';
import { KafkaSender } from './bus/kafka/kafka-sender.ts';
import type { BusParts, RunningBus } from './start-bus.ts';
import { realClock } from './time/clock.ts';
import { systemRandom } from './time/random.ts';
import { openOutbox } from './uplink/open-outbox.ts';

/** Of handlers, and then of what they have done to be committed. What is not comes again elsewhere. */
const readersCloseLimitMs = 400;
/** What is not confirmed by then is on disk, or its cause is not committed and comes again. */
const senderCloseLimitMs = 200;
/** All of these, one after the other, with what it takes to leave the groups. */
const closeLimitMs = 1200;

/**
 * Does not wait for brokers. Throws `kafka-settings` where a file of certificates or keys cannot be read. What cameras saw
 * is on disk before Kafka has it; the other roles send straight to the brokers, since they commit what a message came of
 * only when its own are confirmed.
 */
export async function openKafka(
  { config, roles, metrics, lines }: BusParts,
  onHandlerError: KafkaBusOptions['onHandlerError'],
): Promise<RunningBus> {
  const surroundings = { clock: realClock, random: systemRandom, lines };
  const sender = await KafkaSender.open({
    ...surroundings,
    connection: config.kafka,
    closeLimitMs: senderCloseLimitMs,
  });
  const outbox = roles.has('detector')
    ? await openOutbox({ ...surroundings, settings: config.uplink, sender })
    : undefined;
  const bus = await KafkaBus.open({
    ...surroundings,
    settings: config.kafka,
    sender,
    senderOf: (topic) => (topic === 'detection-results' ? (outbox ?? sender) : sender),
    onHandlerError,
    closeLimitMs: readersCloseLimitMs,
  });
  metrics.readKafkaFrom({ sender: () => sender.stats(), readers: () => bus.stats() });
  if (outbox !== undefined) metrics.readOutboxFrom(() => outbox.status());
  return {
    bus,
    outbox,
    closeLimitMs,
    close: async () => {
      await Promise.all([bus.close(), outbox?.close()]);
      await sender.close();
    },
  };
}
