import { Counter, Gauge, type Registry } from 'prom-client';
import type { KafkaReaderStats, KafkaSenderStats } from '../bus/kafka/kafka-options.ts';
import { registerGauges } from './reading.ts';

/** What is read when metrics are scraped. */
export interface KafkaSources {
  readonly sender: () => KafkaSenderStats;
  readonly readers: () => readonly KafkaReaderStats[];
}

/** A metric with labels, and who knows its values. */
interface LabelledReading<Label extends string> {
  readonly name: string;
  readonly help: string;
  readonly labelNames: Label[];
  readonly read: () => Iterable<readonly [labels: Readonly<Record<Label, string>>, value: number]>;
}

/** What goes to Kafka and comes from it; read when metrics are scraped. */
export function registerKafkaMetrics(registry: Registry, { sender, readers }: KafkaSources): void {
  const topics = () => readers().flatMap(({ reader, topics: all }) => all.map((topic) => ({ ...topic, reader })));
  registerCounter(registry, {
    name: 'kafka_messages_sent_total',
    help: 'Messages that brokers have confirmed.',
    labelNames: ['topic'],
    read: () => [...sender().sent].map(([topic, count]) => [{ topic }, count]),
  });
  registerCounter(registry, {
    name: 'kafka_send_errors_total',
    help: "Failures of sending, those included that another try has made good; by librdkafka's name.",
    labelNames: ['topic', 'code'],
    read: () => sender().errors.map(({ topic, code, count }) => [{ topic, code }, count]),
  });
  registerCounter(registry, {
    name: 'kafka_messages_received_total',
    help: 'Messages that a reader of this process has taken, repeats included.',
    labelNames: ['topic', 'reader'],
    read: () => topics().map(({ topic, reader, received }) => [{ topic, reader }, received]),
  });
  registerCounter(registry, {
    name: 'kafka_dead_letters_total',
    help: 'Messages that could not be handled and were put aside.',
    labelNames: ['topic', 'reader'],
    read: () => topics().map(({ topic, reader, deadLetters }) => [{ topic, reader }, deadLetters]),
  });
  registerCounter(registry, {
    name: 'kafka_rebalances_total',
    help: 'How often partitions came to a reader of this process, or went.',
    labelNames: ['reader'],
    read: () => readers().map(({ reader, rebalances }) => [{ reader }, rebalances]),
  });
  registerGauge(registry, {
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
  registerGauge(registry, {
    name: 'kafka_assigned_partitions',
    help: 'Partitions that are assigned to this process.',
    labelNames: ['topic', 'reader'],
    read: () => topics().map(({ topic, reader, partitions }) => [{ topic, reader }, partitions]),
  });
  registerGauge(registry, {
    name: 'kafka_in_flight',
    help: 'Messages that a reader has taken and not handled.',
    labelNames: ['reader'],
    read: () => readers().map(({ reader, inFlight }) => [{ reader }, inFlight]),
  });
  registerGauge(registry, {
    name: 'kafka_reader_paused',
    help: 'Whether a reader waits for room before it takes more: 1 or 0.',
    labelNames: ['reader'],
    read: () => readers().map(({ reader, isPaused }) => [{ reader }, Number(isPaused)]),
  });
  registerGauges(registry, [
    ['kafka_send_pending', 'Messages that are on their way to brokers.', () => sender().pending],
  ]);
}

function registerCounter<Label extends string>(registry: Registry, reading: LabelledReading<Label>): void {
  const { name, help, labelNames, read } = reading;
  new Counter<Label>({
    name,
    help,
    labelNames,
    registers: [registry],
    collect() {
      this.reset();
      for (const [labels, value] of read()) this.inc(labels, value);
    },
  });
}

function registerGauge<Label extends string>(registry: Registry, reading: LabelledReading<Label>): void {
  const { name, help, labelNames, read } = reading;
  new Gauge<Label>({
    name,
    help,
    labelNames,
    registers: [registry],
    collect() {
      this.reset();
      for (const [labels, value] of read()) this.set(labels, value);
    },
  });
}
