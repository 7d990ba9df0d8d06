/** What a measurement over Kafka runs on: a broker, a fake model provider, and processes with the roles that are wanted. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ProviderProcess } from '../llm/provider.js';
import { Service } from '../service.js';
import { startBroker } from './broker.js';

/** No limit that counts here. */
const unlimited = { keys: 8, accounts: 8, perSecond: 10_000 };

export class Site {
  /** @type {Set<Service>} */
  #services = new Set();
  /** For files of a measurement's own. */
  folder = mkdtempSync(join(tmpdir(), 'roadwatch-bench-site-'));

  /**
   * @param {import('../../tests/support/kafka-broker.js').KafkaBroker} broker
   * @param {ProviderProcess} provider
   */
  constructor(broker, provider) {
    this.broker = broker;
    this.provider = provider;
  }

  /** @param {readonly string[]} answers Flags of `roadwatch fake-llm`. */
  static async open(answers) {
    return new Site(await startBroker(), await ProviderProcess.start(unlimited, answers));
  }

  get address() {
    return this.broker.address;
  }

  /**
   * A process of these roles; with none it has all, and no Kafka.
   *
   * @param {readonly string[]} roles
   * @param {{urls?: readonly string[], interval?: number, settings?: object}} options
   */
  async start(roles, { urls = [], interval = 2, settings = {} } = {}) {
    const service = await Service.start(urls, {
      interval,
      logLevel: 'warn',
      settings: {
        risk: { cooldownMs: 0 },
        llm: { baseUrl: this.provider.baseUrl, model: 'fake-vl', hedgeShare: 0 },
        ...settings,
      },
      env: {
        ALGO_KAFKA_BOOTSTRAP_SERVERS: this.address,
        DASHSCOPE_API_KEY: this.provider.keys[0] ?? '',
        ...(roles.length > 0 ? { ALGO_ENABLE_KAFKA_STREAMING: 'true', ALGO_ROLES: roles.join(',') } : {}),
      },
    });
    this.#services.add(service);
    return service;
  }

  /** @param {Service} service */
  async stop(service) {
    this.#services.delete(service);
    await service.stop();
  }

  async close() {
    await Promise.all([...this.#services].map((service) => this.stop(service)));
    await this.provider.stop();
    await this.broker.close();
    rmSync(this.folder, { recursive: true });
  }
}
