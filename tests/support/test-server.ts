/** The real HTTP and WebSocket server on a free port, over a fake engine and a clock that stands still. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import WebSocket from 'ws';
import type { z } from 'zod';
import { AlertDesk } from '../../src/alert/alert-desk.ts';
import type { AlertStore } from '../../src/alert/store/alert-store.ts';
import { Auth } from '../../src/auth/auth.ts';
import { AuthDatabase } from '../../src/auth/store/auth-database.ts';
import type { AuthStore } from '../../src/auth/store/auth-store.ts';
import { DirectAuthStore } from '../../src/auth/store/direct-auth-store.ts';
import type { CameraAddresses } from '../../src/camera/camera-addresses.ts';
import { CameraRegistry } from '../../src/camera/camera-registry.ts';
import { KeptCameras } from '../../src/camera/kept-cameras.ts';
import { CameraStore } from '../../src/camera/store/camera-store.ts';
import { configSchema } from '../../src/config/schema.ts';
import { createLog } from '../../src/log.ts';
import type { DetectionEvent, NativeAddon } from '../../src/native.ts';
import { CameraProbe } from '../../src/server/camera-probe.ts';
import type { KeyAnswer } from '../../src/server/key-data.ts';
import { RoadwatchServer } from '../../src/server/roadwatch-server.ts';
import type { RouteTable } from '../../src/server/route.ts';
import { StaticPage } from '../../src/server/static-page.ts';
import { type Clock, ManualClock, realClock } from '../../src/time/clock.ts';
import type { OutboxStatus } from '../../src/uplink/outbox-status.ts';
import { Viewer } from '../e2e/support/viewer.ts';
import { FakeEngine } from './fake-engine.ts';
import { MemoryAlertStore } from './memory-alert-store.ts';

const maxAuditEntries = 1000;

export interface TestServerOptions {
  readonly config?: z.input<typeof configSchema>;
  /** Address to listen on, 127.0.0.1 unless given. */
  readonly host?: string;
  /** The page's folder; one that does not exist, unless given. */
  readonly pageFolder?: string;
  readonly probe?: NativeAddon['probe'];
  readonly metricsText?: () => Promise<string>;
  /** What is told of the API keys; unless given, that no group is assessed. */
  readonly keys?: () => KeyAnswer;
  /** What waits for the broker; unless given, there is no outbox. */
  readonly outbox?: () => OutboxStatus;
  /** Where alerts are kept; in memory unless given. */
  readonly alertStore?: AlertStore;
  /** By which addresses cameras are connected; as they are given, unless given. */
  readonly addresses?: Pick<CameraAddresses, 'pin'>;
  /** Where accounts are kept; in memory unless given. */
  readonly authStore?: AuthStore;
  /** A clock that stands still, unless given. */
  readonly clock?: Clock;
}

export class TestServer {
  readonly engine = new FakeEngine();
  readonly clock = new ManualClock();
  readonly registry: CameraRegistry;
  kept!: KeptCameras;
  alerts!: AlertDesk;
  auth!: Auth;
  framesSkipped = 0;
  readonly storeTroubles: string[] = [];
  #server!: RoadwatchServer;
  readonly #viewers: Viewer[] = [];
  readonly #folder = mkdtempSync(join(tmpdir(), 'roadwatch-server-'));

  private constructor(config: ReturnType<typeof configSchema.parse>) {
    this.registry = new CameraRegistry({ engine: this.engine, config, cropsWanted: () => false });
  }

  static async start(options: TestServerOptions = {}): Promise<TestServer> {
    const { server = {}, ...rest } = options.config ?? {};
    const config = configSchema.parse({ ...rest, server: { port: 0, ...server } });
    const test = new TestServer(config);
    const clock = options.clock ?? test.clock;
    let alertIds = 0;
    test.alerts = await AlertDesk.open({
      store: options.alertStore ?? new MemoryAlertStore(),
      clock,
      thresholds: config.risk.thresholds,
      settings: config.alerts,
      newId: () => {
        alertIds += 1;
        return `alert-${alertIds}`;
      },
      onTrouble: () => undefined,
    });
    const { registry } = test;
    // Names lead to no camera here, and are asked of nobody.
    const addresses = options.addresses ?? { pin: (url: string) => url };
    const noCamera = () => Promise.reject(new Error('no camera to check'));
    const probe = new CameraProbe(config, addresses, options.probe ?? noCamera);
    const store = new CameraStore({
      path: test.camerasFile,
      clock: realClock,
      onTrouble: (code) => test.storeTroubles.push(code),
    });
    test.kept = await KeptCameras.open({ store, config });
    test.auth = await Auth.open({
      config,
      store: options.authStore ?? new DirectAuthStore(new AuthDatabase(':memory:', maxAuditEntries)),
      clock,
      onTrouble: (code, message) => {
        throw new Error(`${code}: ${message}`);
      },
    });
    test.#server = await RoadwatchServer.listen({
      config: config.server,
      auth: test.auth,
      host: options.host ?? '127.0.0.1',
      registry,
      addresses,
      probe,
      kept: test.kept,
      cameraDefaults: config,
      page: new StaticPage(options.pageFolder ?? join(tmpdir(), 'roadwatch-no-such-folder')),
      detections: {
        modelType: 'fake',
        classNames: ['person', 'car'],
        supportedClasses: ['person', 'car'],
        serverDrawEnabled: config.serverDrawEnabled,
      },
      alerts: test.alerts,
      keys: options.keys ?? (() => 'nobody'),
      outbox: options.outbox ?? (() => undefined),
      metrics: { contentType: 'text/plain', text: options.metricsText ?? (async () => 'viewers 0\n') },
      health: { summary: () => ({ status: 'UP' }), details: () => ({ inference: 'cpu' }) },
      clock,
      log: createLog('silent'),
      onFrameSkipped: () => {
        test.framesSkipped += 1;
      },
    });
    registry.keep(test.kept.wanted);
    test.kept.onChange(() => registry.keep(test.kept.wanted));
    return test;
  }

  get port(): number {
    return this.#server.port;
  }

  /** All that can be reached. */
  get table(): RouteTable {
    return this.#server.table;
  }

  /** Where cameras are kept. */
  get camerasFile(): string {
    return join(this.#folder, 'cameras.json');
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Clients that the server knows of. */
  get viewers(): number {
    return this.#server.viewers;
  }

  /** A client with this query, greeted. */
  async connect(query = '', headers: Readonly<Record<string, string>> = {}): Promise<Viewer> {
    const viewer = await Viewer.connect(this.url, query, headers);
    this.#viewers.push(viewer);
    await viewer.waitFor('connection_ack');
    return viewer;
  }

  /** A client that already looks at a camera, which is started where it does not run. */
  async connectTo(cameraId: string | number, query = ''): Promise<Viewer> {
    const viewer = await this.connect(query);
    viewer.send('start_stream', { cameraId, rtspUrl: `rtsp://camera.example/${cameraId}` });
    await answered(viewer);
    return viewer;
  }

  /** The status with which `/ws` answers an upgrade: 101 when it lets the client in. */
  upgradeStatus(query = '', headers: Readonly<Record<string, string>> = {}): Promise<number> {
    const socket = new WebSocket(`ws://127.0.0.1:${this.port}/ws${query && `?${query}`}`, { headers });
    return new Promise((resolve, reject) => {
      socket.once('unexpected-response', (request, response) => {
        request.destroy();
        resolve(response.statusCode ?? 0);
      });
      socket.once('open', () => {
        socket.once('close', () => resolve(101));
        socket.close();
      });
      socket.once('error', reject);
    });
  }

  get(path: string, headers: Readonly<Record<string, string>> = {}, method = 'GET'): Promise<Response> {
    return fetch(`${this.url}${path}`, { headers, method, redirect: 'manual' });
  }

  /** An analysed frame comes from the engine. */
  detect(event: DetectionEvent): void {
    this.registry.handleDetection(event);
  }

  async close(): Promise<void> {
    for (const viewer of this.#viewers) viewer.socket.terminate();
    await this.#server.close();
    await this.auth.close();
    await this.alerts.close();
    await this.kept.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Looks now whether the certificate has changed. */
  lookAtCertificate(): Promise<void> {
    return this.#server.lookAtCertificate();
  }

  /** As the service does when it stops; clients are left alone. */
  stop(): Promise<void> {
    return this.#server.close();
  }
}

/** Resolves when the server has answered everything that this client sent before. */
export async function answered(viewer: Viewer): Promise<void> {
  const pong = viewer.waitForNext('pong');
  viewer.send('ping');
  await pong;
}
