/** Opens what takes the results of a box without Kafka to the central site: the outbox on disk, and the sender behind it. */
import type { Bus } from './bus/bus.ts';
import { KafkaSender } from './bus/kafka/kafka-sender.ts';
import { errorCode, errorMessage } from './errors.ts';
import type { BusParts } from './start-bus.ts';
import { realClock } from './time/clock.ts';
import { systemRandom } from './time/random.ts';
import { mirror } from './uplink/mirror.ts';
import { openOutbox } from './uplink/open-outbox.ts';
import type { Outbox } from './uplink/outbox.ts';

/** What is with the sender is on disk: there is little to wait for. */
const senderCloseLimitMs = 100;
const outboxCloseLimitMs = 400;

export interface RunningUplink {
  readonly outbox: Outbox;
  /** How long close() may take. */
  readonly closeLimitMs: number;
  /** Brings to disk what was accepted. Safe to call twice. */
  close(): Promise<void>;
}

/** Does not wait for brokers. Throws `kafka-settings` where a file of certificates or keys cannot be read. */
export async function startUplink({ config, metrics, lines }: BusParts, bus: Bus): Promise<RunningUplink> {
  const surroundings = { clock: realClock, random: systemRandom, lines };
  const sender = await KafkaSender.open({
    ...surroundings,
    connection: config.uplink,
    closeLimitMs: senderCloseLimitMs,
  });
  const outbox = await openOutbox({
    ...surroundings,
    settings: config.uplink,
    sender,
    closeLimitMs: outboxCloseLimitMs,
  });
  mirror(bus, outbox, (topic, key, error) => {
    metrics.countError(errorCode(error));
    const fields = { topic, key, code: errorCode(error) };
    lines.write('error', `uplink ${errorCode(error)}`, fields, `uplink: ${errorMessage(error)}`);
  });
  metrics.readKafkaFrom({ sender: () => sender.stats(), readers: () => [] });
  metrics.readOutboxFrom(() => outbox.status());
  return {
    outbox,
    closeLimitMs: outboxCloseLimitMs + 2 * senderCloseLimitMs,
    close: async () => {
      await outbox.close();
      await sender.close();
    },
  };
}
