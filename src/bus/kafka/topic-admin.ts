import type { IAdminClient, Producer } from 'node-rdkafka';
import { RoadwatchError } from '../../errors.ts';
import type { Clock } from '../../time/clock.ts';
import { wait } from '../../time/wait.ts';
import { ask } from './ask.ts';
import { connectClient } from './connect-client.ts';
import { KafkaFaultError } from './kafka-fault.ts';
import { type KafkaLibrary, loadKafkaLibrary } from './kafka-library.ts';
import type { KafkaConnection, KafkaSurroundings } from './kafka-options.ts';
import { checkSecurityFiles, connectionSettings } from './kafka-settings.ts';
import { sayEvents } from './library-events.ts';
import type { FoundTopic } from './topic-check.ts';
import type { TopicPlan } from './topic-plan.ts';

const clientId = 'roadwatch-topics';
/** How long an answer of the cluster may take. */
const answerLimitMs = 15_000;
const newTopicPollMs = 50;
const connectTries = 3;
const connectWaitMs = 500;

export interface TopicAdminOptions extends Pick<KafkaSurroundings, 'clock' | 'lines'> {
  readonly connection: KafkaConnection;
}

export interface Cluster {
  readonly brokers: number;
  readonly topics: readonly FoundTopic[];
}

/**
 * Looks at the topics of a cluster, makes them and gives them partitions. The client library can do no more: the settings of
 * topics that exist are beyond it.
 */
export class TopicAdmin {
  readonly #library: KafkaLibrary;
  /** Knows the cluster. */
  readonly #client: Producer;
  /** Changes it. */
  readonly #admin: IAdminClient;

  readonly #clock: Clock;

  private constructor(library: KafkaLibrary, client: Producer, admin: IAdminClient, clock: Clock) {
    this.#library = library;
    this.#clock = clock;
    this.#client = client;
    this.#admin = admin;
  }

  /** `kafka-unreachable` where no broker answers, `kafka-settings` where a file cannot be read. */
  static async open({ connection, clock, lines }: TopicAdminOptions): Promise<TopicAdmin> {
    await checkSecurityFiles(connection.security);
    const library = loadKafkaLibrary();
    const settings = connectionSettings(connection, clientId);
    for (let tries = 1; ; tries += 1) {
      const client = new library.rdkafka.Producer({ ...settings }, {});
      sayEvents(client, { library, name: 'kafka topics', lines });
      try {
        await connectClient(client, library);
        return new TopicAdmin(library, client, library.rdkafka.AdminClient.create({ ...settings }), clock);
      } catch (error) {
        if (!(error instanceof KafkaFaultError)) throw error;
        if (tries === connectTries) throw unreachable(connection, error);
      }
      await wait(clock, connectWaitMs);
    }
  }

  async cluster(): Promise<Cluster> {
    const { brokers, topics } = await ask<{ brokers: readonly unknown[]; topics: readonly FoundTopic[] }>(
      this.#library,
      (answer) => this.#client.getMetadata({ allTopics: true, timeout: answerLimitMs }, answer),
    );
    return { brokers: brokers.length, topics };
  }

  /** Resolves when the topic can be used. `topic-refused` where the cluster does not take it. */
  async create({ name, partitions, replicas, settings }: TopicPlan): Promise<void> {
    const topic = { topic: name, num_partitions: partitions, replication_factor: replicas, config: settings };
    await this.#change(name, (answer) => this.#admin.createTopic(topic, answerLimitMs, answer));
    await this.#isThere(name, partitions);
  }

  /** Gives a topic more partitions: `count` in all. Resolves and rejects as `create` does. */
  async addPartitions(name: string, count: number): Promise<void> {
    await this.#change(name, (answer) => this.#admin.createPartitions(name, count, answerLimitMs, answer));
    await this.#isThere(name, count);
  }

  async close(): Promise<void> {
    this.#admin.disconnect();
    await new Promise<void>((resolve) => this.#client.disconnect(0, () => resolve()));
  }

  /** The cluster answers before all of it knows. */
  async #isThere(name: string, count: number): Promise<void> {
    const untilMs = this.#clock.monotonicMs() + answerLimitMs;
    while (this.#clock.monotonicMs() < untilMs) {
      const found = (await this.cluster()).topics.find((topic) => topic.name === name);
      if (found?.partitions.filter(({ leader }) => leader >= 0).length === count) return;
      await wait(this.#clock, newTopicPollMs);
    }
    throw new RoadwatchError(
      'topic-refused',
      `${name}: expected ${count} partitions with leaders, received none in time`,
    );
  }

  async #change(name: string, request: (answer: (error: unknown) => void) => void): Promise<void> {
    try {
      await ask<void>(this.#library, request);
    } catch (error) {
      if (!(error instanceof KafkaFaultError)) throw error;
      throw new RoadwatchError('topic-refused', `${name}: the cluster refuses: ${error.message}`, { cause: error });
    }
  }
}

function unreachable({ bootstrapServers, security }: KafkaConnection, cause: KafkaFaultError): RoadwatchError {
  return new RoadwatchError(
    'kafka-unreachable',
    `expected a broker at ${bootstrapServers.join(', ')} (${security.protocol}), received no answer: ${cause.message}`,
    { cause },
  );
}
