/**
 * Builds the parts of the service and connects them; nothing else constructs across folders. What an analysed frame
 * passes on its way to others stands in `#onDetection`.
 */
import { Auth } from './auth/auth.ts';
import { openAuthStore } from './auth/store/open-auth-store.ts';
import type { Bus } from './bus/bus.ts';
import { DetectionPublisher } from './bus/detection-publisher.ts';
import { CameraAddresses } from './camera/camera-addresses.ts';
import { CameraRegistry } from './camera/camera-registry.ts';
import type { KeptCameras } from './camera/kept-cameras.ts';
import { engineOptions } from './config/engine-options.ts';
import { installedPath, installedVersion } from './config/installation.ts';
import { listenHost } from './config/listen-host.ts';
import { isLoopback } from './config/loopback.ts';
import type { Config } from './config/schema.ts';
import { urlHost } from './config/url-host.ts';
import { settingsWithoutEffect } from './config/without-effect.ts';
import { openCrashWatch } from './crash/start-crash-guard.ts';
import { AbsentEngine } from './detect/absent-engine.ts';
import type { Engine, EngineListener } from './detect/engine.ts';
import { startEngine } from './detect/start-engine.ts';
import { errorMessage } from './errors.ts';
import { healthReport } from './health.ts';
import { type Log, RepeatedLines } from './log.ts';
import { Metrics } from './metrics/metrics.ts';
import { readSystemFacts } from './metrics/system-metrics.ts';
import { type ConnectionState, type DetectionEvent, type LogEvent, native } from './native.ts';
import { type Roles, rolesOf } from './roles.ts';
import { CameraProbe } from './server/camera-probe.ts';
import { RoadwatchServer } from './server/roadwatch-server.ts';
import { StaticPage } from './server/static-page.ts';
import { shutDown } from './shutdown.ts';
import { openBus, type RunningBus } from './start-bus.ts';
import { openKeptCameras, runKeptCameras } from './start-cameras.ts';
import type { RunningResults } from './start-results.ts';
import type { RunningRisk } from './start-risk.ts';
import type { Condition } from './supervision/supervision.ts';
import { realClock } from './time/clock.ts';

/**
 * What each part gets at least of the time that a stop may take: the bus says its own. First those that bring new work, then
 * those that hand on, then those that keep.
 */
const closeLimitsMs = {
  cameras: 300,
  keptCameras: 200,
  server: 400,
  engine: 1000,
  assessment: 300,
  aggregator: 500,
  accounts: 300,
  alerts: 400,
  metrics: 50,
} as const;
/** Of five seconds that the process may take to end; systemd's limit is ten. */
const closeLimitMs = 4200;

export interface AppOptions {
  readonly log: Log;
  /** Where it learns from crashes: the service's own folder. Unless given, it does not. */
  readonly crashFolder?: string;
  /** Hears of every analysed frame, after the service's own parts. */
  readonly onDetection?: (event: DetectionEvent) => void;
}

export class App {
  readonly #log: Log;
  readonly #lines: RepeatedLines;
  readonly #onAnalysed: AppOptions['onDetection'];
  readonly #crashFolder: AppOptions['crashFolder'];
  #bus!: RunningBus;
  #publisher!: DetectionPublisher;
  #engine!: Engine;
  #metrics!: Metrics;
  #registry!: CameraRegistry;
  #kept!: KeptCameras;
  #risk: RunningRisk | undefined;
  #results!: RunningResults;
  #auth!: Auth;
  #server!: RoadwatchServer;
  #host = '';
  #isSecure = false;
  #closing: Promise<readonly string[]> | undefined;

  private constructor({ log, onDetection, crashFolder }: AppOptions) {
    this.#crashFolder = crashFolder;
    this.#log = log;
    this.#lines = new RepeatedLines(log);
    this.#onAnalysed = onDetection;
  }

  /** Starts the service; resolves when it listens and the configured cameras are on their way. */
  static async start(config: Config, options: AppOptions): Promise<App> {
    const app = new App(options);
    try {
      await app.#start(config);
    } catch (error) {
      await app.close();
      throw error;
    }
    return app;
  }

  get port(): number {
    return this.#server.port;
  }

  /** Where a browser on this machine finds the page. */
  get url(): string {
    const host = this.#host === '0.0.0.0' || this.#host === '::' ? '127.0.0.1' : this.#host;
    return `${this.#isSecure ? 'https' : 'http'}://${urlHost(host)}:${this.port}`;
  }

  /** How it is now. */
  condition(): Condition {
    const { cameras } = this.#engine.stats();
    const live = cameras.filter(({ connection }) => connection.state === 'live').length;
    return {
      status: `${live} of ${cameras.length} cameras live, ${this.url}`,
      standstills: this.#engine.standstills(),
    };
  }

  /** Ends everything, in a little over four seconds at most; gives the parts that did not end by then. Safe to call twice. */
  close(): Promise<readonly string[]> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #start(config: Config): Promise<void> {
    const version = installedVersion();
    const roles = rolesOf(config);
    // The model is loaded on other threads: meanwhile this one loads and starts the rest.
    await allOrFirstFault([this.#openEngine(config, roles, version), this.#openReaders(config, roles, version)]);
    this.#auth = await this.#openAuth(config);
    this.#kept = await openKeptCameras(config, (code, message) => this.#onTrouble('cameras', code, message));
    const host = listenHost(config, this.#hasAccounts());
    this.#host = host;
    this.#isSecure = config.server.tls !== undefined;
    this.#server = await this.#listen(config, host, version);
    if (host !== config.server.host) this.#openWithFirstAccount(config);
    this.#metrics.countViewersBy(() => this.#server.viewers);
    if (roles.has('detector')) runKeptCameras(this.#kept, this.#registry, this.#log, this.#lines);
    this.#sayStarted(config, host);
  }

  async #openEngine(config: Config, roles: Roles, version: string): Promise<void> {
    const engine = await this.#startEngine(config, roles, version);
    this.#engine = engine;
    const cropsWanted = () => this.#bus.bus.hasSubscribers('detection-results');
    this.#registry = new CameraRegistry({ engine, config, cropsWanted });
  }

  /** Whatever reads detections, and what it reads them from. */
  async #openReaders(config: Config, roles: Roles, version: string): Promise<void> {
    const facts = await readSystemFacts(version);
    this.#metrics = new Metrics(() => this.#engine.stats(), facts);
    this.#bus = await openBus({ config, roles, metrics: this.#metrics, lines: this.#lines });
    const { bus } = this.#bus;
    this.#publisher = this.#publishTo(bus);
    const parts = { config, roles, bus, metrics: this.#metrics, log: this.#log, lines: this.#lines };
    const { startResults } = await import('./start-results.ts');
    this.#results = await startResults({
      ...parts,
      isOwn: (cameraId) => this.#registry?.isRunning(cameraId) === true,
      onAlertTrouble: (code, message) => this.#onTrouble('alerts', code, message),
    });
    if (config.risk.enabled) this.#risk = await (await import('./start-risk.ts')).startRisk(parts);
  }

  async #startEngine(config: Config, roles: Roles, version: string): Promise<Engine> {
    if (!roles.has('detector')) return new AbsentEngine();
    const listener: EngineListener = {
      onDetection: (event) => this.#onDetection(event),
      onState: (cameraId, connection) => this.#onState(cameraId, connection),
      onLog: (event) => this.#onEngineLog(event),
    };
    if (this.#crashFolder === undefined) return startEngine(engineOptions(config), listener);
    const { decodeMarksFile, guard } = openCrashWatch(this.#crashFolder, version, this.#log);
    return guard(await startEngine({ ...engineOptions(config), decodeMarksFile }, listener), listener.onState);
  }

  #publishTo(bus: Bus): DetectionPublisher {
    return new DetectionPublisher(bus, {
      onLost: (cameraId, reason) => {
        this.#metrics.countError('detection-lost');
        const words = reason === 'bus-full' ? 'readers of the bus are too slow' : reason.message;
        this.#lines.write('error', 'detection-lost', { cameraId }, `a detection did not reach the bus: ${words}`);
      },
    });
  }

  async #openAuth(config: Config): Promise<Auth> {
    const onTrouble = (code: string, message: string) => {
      this.#metrics.countError(code);
      this.#lines.write('error', `accounts ${code}`, { code }, message);
    };
    const store = await openAuthStore(config.accounts, realClock, onTrouble);
    return Auth.open({ config, store, clock: realClock, onTrouble });
  }

  #hasAccounts(): boolean {
    return (this.#auth.book.records?.accounts.size ?? 0) > 0;
  }

  /** Until there is an account only this machine can connect; with the first, all can that the configuration means. */
  #openWithFirstAccount({ server: { host } }: Config): void {
    let isOpened = false;
    this.#auth.book.onLook(() => {
      if (isOpened || !this.#hasAccounts()) return;
      isOpened = true;
      this.#server.listenAlso(host).then(
        () => this.#log.info({ host, port: this.port }, `there are accounts now: listening on ${host}:${this.port}`),
        (error: unknown) => this.#log.warn(`to be reached from other machines, start again: ${errorMessage(error)}`),
      );
    });
  }

  #listen(config: Config, host: string, version: string): Promise<RoadwatchServer> {
    const { model, classNames } = this.#engine.details();
    const addresses = new CameraAddresses(config.source, realClock);
    return RoadwatchServer.listen({
      config: config.server,
      host,
      auth: this.#auth,
      registry: this.#registry,
      probe: new CameraProbe(config, addresses),
      addresses,
      kept: this.#kept,
      cameraDefaults: config,
      page: new StaticPage(installedPath('web', 'dist')),
      detections: {
        modelType: model,
        classNames,
        supportedClasses: config.detection.classes,
        serverDrawEnabled: config.serverDrawEnabled,
      },
      alerts: this.#results.alerts,
      keys: () => this.#risk?.keyReport() ?? 'nobody',
      metrics: this.#metrics,
      outbox: () => this.#bus.outbox?.status(),
      health: healthReport(version, this.#engine, this.#results.alerts, this.#bus.outbox),
      clock: realClock,
      log: this.#log,
      onFrameSkipped: () => this.#metrics.frameSkipped(),
    });
  }

  #sayStarted(config: Config, host: string): void {
    const { classNames: _classNames, ...inference } = this.#engine.details();
    const { model, provider, precision, precisionReason } = inference;
    this.#log.info(inference, `the model ${model} runs on ${provider} in ${precision}: ${precisionReason}`);
    this.#log.info({ ...native.versions() }, 'engine');
    const unused = settingsWithoutEffect(config);
    if (unused.length > 0) this.#log.warn({ settings: unused }, 'settings that this version does not use');
    if (host !== config.server.host) {
      this.#log.warn(
        { host },
        'listening on loopback only, as there are no accounts: make the first on the page, or with `roadwatch accounts add`, to be reached from other machines',
      );
    }
    const { firstRun } = this.#auth;
    if (firstRun.isPending && (!isLoopback(host) || this.#auth.book.records?.isReplacement === true)) {
      const words = 'no accounts yet: whoever is not at this machine makes the first with this code, within 30 minutes';
      this.#log.warn({ firstRunCode: firstRun.code }, words);
    }
    if (!this.#isSecure && !isLoopback(host) && this.#hasAccounts()) {
      this.#log.warn('passwords are sent unencrypted: set server.tls, or put a proxy with TLS in front');
    }
    this.#log.info(
      { host, port: this.#server.port },
      `listening on ${this.#isSecure ? 'https' : 'http'}://${host}:${this.#server.port}`,
    );
  }

  /** The way of an analysed frame: counted, to the bus, to the viewers. */
  #onDetection(event: DetectionEvent): void {
    const { classNames } = this.#engine.details();
    this.#metrics.observeDetection(event, classNames);
    const message = this.#publisher.publish(event, classNames);
    if (message !== undefined) this.#results.onOwnDetection(message);
    this.#registry.handleDetection(event);
    this.#onAnalysed?.(event);
  }

  #onState(cameraId: string, connection: ConnectionState): void {
    this.#registry.handleState(cameraId, connection);
    const fault = 'fault' in connection ? connection.fault : undefined;
    if (fault === undefined) {
      this.#log.debug({ cameraId, state: connection.state }, `camera ${cameraId} is ${connection.state}`);
      return;
    }
    this.#metrics.countError(fault.code);
    this.#lines.write(
      'warn',
      `camera ${cameraId} ${fault.code}`,
      { cameraId, state: connection.state, code: fault.code },
      `camera ${cameraId}: ${fault.message}`,
    );
  }

  #onEngineLog({ level, code, message, cameraId }: LogEvent): void {
    if (level !== 'info') this.#metrics?.countError(code);
    const camera = cameraId === undefined ? {} : { cameraId };
    this.#lines.write(level, `${code} ${cameraId ?? ''}`, { code, ...camera }, message);
  }

  #onTrouble(part: 'alerts' | 'cameras', code: string, message: string): void {
    this.#metrics.countError(part === 'alerts' ? code : `${part}-${code}`);
    this.#lines.write('error', `${part} ${code}`, { code }, message);
  }

  #close(): Promise<readonly string[]> {
    return shutDown(
      [
        {
          name: 'cameras',
          close: () => this.#registry?.close('the service is stopping'),
          limitMs: closeLimitsMs.cameras,
        },
        { name: 'kept cameras', close: () => this.#kept?.close(), limitMs: closeLimitsMs.keptCameras },
        { name: 'server', close: () => this.#server?.close(), limitMs: closeLimitsMs.server },
        { name: 'engine', close: () => this.#engine?.close(), limitMs: closeLimitsMs.engine },
        { name: 'assessment', close: () => this.#risk?.close(), limitMs: closeLimitsMs.assessment },
        { name: 'bus', close: () => this.#bus?.close(), limitMs: this.#bus?.closeLimitMs ?? 0 },
        { name: 'aggregator', close: () => this.#results?.closeAggregators(), limitMs: closeLimitsMs.aggregator },
        { name: 'accounts', close: () => this.#auth?.close(), limitMs: closeLimitsMs.accounts },
        { name: 'alerts', close: () => this.#results?.alerts.close(), limitMs: closeLimitsMs.alerts },
        { name: 'metrics', close: () => this.#metrics?.close(), limitMs: closeLimitsMs.metrics },
      ],
      closeLimitMs,
      this.#log,
      realClock,
    );
  }
}

/** Everything has come to its end when it rejects: what did start can then be closed. */
async function allOrFirstFault(starts: readonly Promise<void>[]): Promise<void> {
  for (const end of await Promise.allSettled(starts)) if (end.status === 'rejected') throw end.reason;
}
