/** The service spread out as on a real site: a process for each role, joined by a Kafka broker. */
import { join } from 'node:path';
import { KafkaBroker } from '../../support/kafka-broker.js';
import { Appliance, repositoryRoot } from './appliance.ts';
import { runProgramIn } from './program.ts';

export type SiteRole = 'detector' | 'task-generator' | 'llm-scheduler' | 'result-aggregator';

/** Two that have people and vehicles close to each other. */
export const siteCameras = ['market-street-1906', 'street-walkers'].map((name) => ({
  id: name,
  url: join(repositoryRoot, `demo/${name}.mp4`),
}));

export class Site {
  readonly broker: KafkaBroker;
  readonly #settings: object;
  readonly #env: Readonly<Record<string, string>>;
  readonly #processes = new Set<Appliance>();

  private constructor(broker: KafkaBroker, settings: object, env: Readonly<Record<string, string>>) {
    this.broker = broker;
    this.#settings = settings;
    this.#env = env;
  }

  /** A broker with our topics. `settings` are of every role; those of one are given where it is started. */
  static async create(settings: object = {}, env: Readonly<Record<string, string>> = {}): Promise<Site> {
    const broker = await KafkaBroker.create();
    const site = new Site(broker, settings, { ALGO_KAFKA_BOOTSTRAP_SERVERS: broker.address, ...env });
    const created = await runProgramIn(site.#env, 'topics', 'create', '--replication', '1');
    if (created.code !== 0) {
      await site.close();
      throw new Error(`topics were not made: ${created.stderr}${created.stdout}`);
    }
    return site;
  }

  /** One that is to be started again has to be given a port. */
  async start(roles: readonly SiteRole[], settings: object = {}, port = 0): Promise<Appliance> {
    const appliance = await Appliance.start(
      { ...this.#settings, ...settings },
      { ...this.#env, ALGO_ENABLE_KAFKA_STREAMING: 'true', ALGO_ROLES: roles.join(',') },
      port,
    );
    this.#processes.add(appliance);
    return appliance;
  }

  /** Cuts it from its power and starts it again. */
  async killAndStartAgain(appliance: Appliance): Promise<Appliance> {
    this.#processes.delete(appliance);
    await appliance.kill();
    const again = await appliance.startAgain();
    this.#processes.add(again);
    return again;
  }

  /** Ends every process that still runs, and the broker. */
  async close(): Promise<void> {
    await Promise.all([...this.#processes].map((appliance) => appliance.stop()));
    await this.broker.close();
  }
}
