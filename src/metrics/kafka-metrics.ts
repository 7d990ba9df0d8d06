import type { Registry } from 'prom-client';
import type { KafkaReaderStats, KafkaSenderStats } from '../bus/kafka/kafka-options.ts';
import { registerGauges, registerLabelledCounter, registerLabelledGauge } from './reading.ts';

/** What is read when metrics are scraped. */
export interface KafkaSources {
  readonly sender: () => KafkaSenderStats;
  readonly readers: () => readonly KafkaReaderStats[];
}

/** What goes to Kafka and comes from it; read when metrics are scraped. */
export function registerKafkaMetrics(registry: Registry, { sender, readers }: KafkaSources): void {
  const topics = () => readers().flatMap(({ reader, topics: all }) => all.map((topic) => ({ ...topic, reader })));
  registerLabelledCounter(registry, {
    name: 'kafka_messages_sent_total',
    help: 'Messages that brokers have confirmed.',
    labelNames: ['topic'],
    read: () => [...sender().sent].map(([topic, count]) => [{ topic }, count]),
  });
  registerLabelledCounter(registry, {
    name: 'kafka_send_errors_total',
    help: "Failures of sending, those included that another try has made good; by librdkafka's name.",
    labelNames: ['topic', 'code'],
    read: () => sender().errors.map(({ topic, code, count }) => [{ topic, code }, count]),
  });
  registerLabelledCounter(registry, {
    name: 'kafka_messages_received_total',
    help: 'Messages that a reader of this process has taken, repeats included.',
    labelNames: ['topic', 'reader'],
    read: () => topics().map(({ topic, reader, received }) => [{ topic, reader }, received]),
  });
  registerLabelledCounter(registry, {
    name: 'kafka_dead_letters_total',
    help: 'Messages that could not be handled and were put aside.',
    labelNames: ['topic', 'reader'],
    read: () => topics().map(({ topic, reader, deadLetters }) => [{ topic, reader }, deadLetters]),
  });
  registerLabelledCounter(registry, {
    name: 'kafka_rebalances_total',
    help: 'How often partitions came to a reader of this process, or went.',
    labelNames: ['reader'],
    read: () => readers().map(({ reader, rebalances }) => [{ reader }, rebalances]),
  });
  registerLabelledGauge(registry, {
    name: 'kafka_consumer_lag',
    help: 'Messages that are there and not yet handled, of partitions assigned to this process.',
    labelNames: ['topic', 'partition', 'reader'],
    read: () =>
      readers().flatMap(({ reader, lag }) =>
        lag.map(
          ({ topic, partition, messages }) => [{ topic, partition: String(partition), reader }, messages] as const,
        ),
      ),
  });
  registerLabelledGauge(registry, {
    name: 'kafka_assigned_partitions',
    help: 'Partitions that are assigned to this process.',
    labelNames: ['topic', 'reader'],
    read: () => topics().map(({ topic, reader, partitions }) => [{ topic, reader }, partitions]),
  });
  registerLabelledGauge(registry, {
    name: 'kafka_in_flight',
    help: 'Messages that a reader has taken and not handled.',
    labelNames: ['reader'],
    read: () => readers().map(({ reader, inFlight }) => [{ reader }, inFlight]),
  });
  registerLabelledGauge(registry, {
    name: 'kafka_reader_paused',
    help: 'Whether a reader waits for room before it takes more: 1 or 0.',
    labelNames: ['reader'],
    read: () => readers().map(({ reader, isPaused }) => [{ reader }, Number(isPaused)]),
  });
  registerGauges(registry, [
    ['kafka_send_pending', 'Messages that are on their way to brokers.', () => sender().pending],
  ]);
}
