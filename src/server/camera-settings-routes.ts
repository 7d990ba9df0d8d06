/** Cameras that are kept: their settings and order, a test of one, its picture. */
import { z } from 'zod';
import { shownAddress, withKnownSecrets } from '../camera/address-secrets.ts';
import type { CameraAddresses } from '../camera/camera-addresses.ts';
import type { CameraRegistry } from '../camera/camera-registry.ts';
import { BadCameraError, checkCamera } from '../camera/check-camera.ts';
import type { KeptCamera, KeptCameras } from '../camera/kept-cameras.ts';
import { Snapshots } from '../camera/snapshots.ts';
import type { Config } from '../config/schema.ts';
import { errorCode, errorMessage, RoadwatchError } from '../errors.ts';
import type { Clock } from '../time/clock.ts';
import type { CameraProbe } from './camera-probe.ts';
import { cameraTestData } from './camera-test.ts';
import type { CameraSettingsData, CameraSettingsListData } from './messages.ts';
import { json, type Reply, refusal, refusalWith } from './reply.ts';
import type { Route } from './route.ts';

/** A camera with all of its zones is smaller. */
const maxCameraBytes = 65_536;

const statusByCode: Readonly<Record<string, number>> = {
  'bad-camera': 400,
  'bad-body': 400,
  'bad-order': 400,
  'scheme-refused': 400,
  'address-not-allowed': 400,
  'unknown-camera': 404,
  'camera-exists': 409,
  'from-file': 409,
  'too-many-cameras': 409,
  busy: 429,
  'store-busy': 503,
  'store-unreadable': 503,
  'store-unwritable': 503,
  'store-newer': 503,
  'disk-full': 507,
  'no-picture': 504,
};

const orderBody = z.strictObject({ cameraIds: z.array(z.string()).max(2048) });
const testBody = z.strictObject({
  cameraId: z.string().exactOptional(),
  url: z.string().exactOptional(),
  transport: z.enum(['tcp', 'udp']).exactOptional(),
  intervalMs: z.number().exactOptional(),
});

export interface CameraSettingsParts {
  readonly kept: KeptCameras;
  readonly registry: CameraRegistry;
  readonly probe: CameraProbe;
  /** Where cameras may be. */
  readonly addresses: Pick<CameraAddresses, 'pin'>;
  /** What holds for all cameras. */
  readonly cameraDefaults: Pick<Config, 'analysis' | 'source' | 'allowFiles' | 'maxCameras'>;
  readonly clock: Clock;
}

/** Only administrators see addresses, and send the box to one. */
export function cameraSettingsRoutes(parts: CameraSettingsParts): Route[] {
  const cameras = new CameraSettings(parts);
  const change = { role: 'admin', maxBodyBytes: maxCameraBytes } as const;
  return [
    { method: 'GET', path: '/api/camera-settings', role: 'admin', handle: () => cameras.list() },
    {
      method: 'POST',
      path: '/api/cameras',
      ...change,
      action: 'camera.add',
      handle: ({ body }) => cameras.add(body),
    },
    {
      method: 'PATCH',
      path: '/api/cameras/:id',
      ...change,
      action: 'camera.edit',
      handle: ({ parameters: { id = '' }, body }) => cameras.edit(id, body),
    },
    {
      method: 'DELETE',
      path: '/api/cameras/:id',
      role: 'admin',
      action: 'camera.remove',
      handle: ({ parameters: { id = '' } }) => cameras.remove(id),
    },
    {
      method: 'GET',
      path: '/api/cameras/:id/snapshot',
      role: 'viewer',
      handle: ({ parameters: { id = '' } }) => cameras.snapshot(id),
    },
    {
      method: 'PUT',
      path: '/api/camera-order',
      ...change,
      action: 'camera.order',
      handle: ({ body }) => cameras.reorder(body),
    },
    {
      method: 'POST',
      path: '/api/camera-test',
      ...change,
      action: 'camera.test',
      handle: ({ body }) => cameras.test(body),
    },
  ];
}

class CameraSettings {
  readonly #parts: CameraSettingsParts;
  readonly #snapshots: Snapshots;
  /** Tests that were asked for by HTTP wait in one line. */
  readonly #requester = {};

  constructor(parts: CameraSettingsParts) {
    this.#parts = parts;
    this.#snapshots = new Snapshots(parts.registry, parts.clock);
  }

  /** The cameras that are kept, with their settings. */
  list(): Reply {
    const { kept, cameraDefaults: config } = this.#parts;
    const data: CameraSettingsListData = {
      cameras: kept.all.map((camera) => this.#settingsOf(camera)),
      defaults: {
        intervalMs: config.analysis.intervalMs,
        priority: 1,
        transport: config.source.transport,
        decodePolicy: config.analysis.decodePolicy,
        hardwareDecode: config.analysis.hardwareDecode,
      },
      maxCameras: config.maxCameras,
      allowFiles: config.allowFiles,
    };
    return json(data);
  }

  /** `body` of this and the others is JSON. */
  add(body: string): Promise<Reply> {
    return this.#answer(async () => {
      const asked = parseJson(body);
      await this.#refuseForbidden(asked);
      return { camera: this.#settingsOf(await this.#parts.kept.add(asked)) };
    });
  }

  edit(id: string, body: string): Promise<Reply> {
    return this.#answer(async () => {
      const asked = parseJson(body);
      await this.#refuseForbidden(asked);
      return { camera: this.#settingsOf(await this.#parts.kept.edit(id, asked)) };
    });
  }

  /** Addresses that cameras may not have. What is wrong with them otherwise is told with the other settings. */
  async #refuseForbidden(asked: unknown): Promise<void> {
    const url = z.object({ url: z.string() }).safeParse(asked).data?.url;
    if (url === undefined) return;
    try {
      await this.#parts.addresses.pin(url);
    } catch (error) {
      if (['scheme-refused', 'address-not-allowed'].includes(errorCode(error))) throw error;
    }
  }

  remove(id: string): Promise<Reply> {
    return this.#answer(async () => {
      await this.#parts.kept.remove(id);
      return {};
    });
  }

  reorder(body: string): Promise<Reply> {
    return this.#answer(async () => {
      const { cameraIds } = parseBody(orderBody, body, '{"cameraIds": [ids in their order]}');
      await this.#parts.kept.reorder(cameraIds);
      return {};
    });
  }

  /** Looks at a camera's stream for some seconds: of an address, of a camera that is kept, or of that with another address. */
  test(body: string): Promise<Reply> {
    return this.#answer(async () => {
      const asked = parseBody(testBody, body, '{"url": address} or {"cameraId": id}, with transport and intervalMs');
      const { cameraDefaults: config, probe } = this.#parts;
      const known = asked.cameraId === undefined ? undefined : this.#find(asked.cameraId).camera;
      const url = addressOf(asked.url, known?.url);
      const camera = checkCamera({ ...known, id: known?.id ?? 'new', url }, config.allowFiles);
      const transport = asked.transport ?? camera.transport ?? config.source.transport;
      const intervalMs = asked.intervalMs ?? camera.intervalMs ?? config.analysis.intervalMs;
      return cameraTestData(() => probe.test(camera.url, transport, this.#requester), intervalMs);
    });
  }

  async snapshot(id: string): Promise<Reply> {
    try {
      const jpeg = await this.#snapshots.take(id);
      return { status: 200, headers: { 'Content-Type': 'image/jpeg', 'Cache-Control': 'no-store' }, body: jpeg };
    } catch (error) {
      return refused(error);
    }
  }

  #find(cameraId: string): KeptCamera {
    const found = this.#parts.kept.find(cameraId);
    if (!found) throw new RoadwatchError('unknown-camera', `there is no camera ${cameraId}`);
    return found;
  }

  #settingsOf({ camera, origin, shadowed }: KeptCamera): CameraSettingsData {
    const problem = shadowed ? undefined : this.#parts.registry.refusalOf(camera.id);
    return {
      ...camera,
      url: shownAddress(camera.url),
      origin,
      ...(shadowed ? { shadowed } : {}),
      ...(problem === undefined ? {} : { problem }),
    };
  }

  async #answer(work: () => Promise<object>): Promise<Reply> {
    try {
      return json(await work());
    } catch (error) {
      return refused(error);
    }
  }
}

function refused(error: unknown): Reply {
  const code = errorCode(error);
  const status = statusByCode[code];
  if (status === undefined) throw error;
  if (error instanceof BadCameraError) return refusalWith(status, code, error.message, { problems: error.problems });
  return refusal(status, code, errorMessage(error));
}

function addressOf(url: string | undefined, known: string | undefined): string | undefined {
  if (url === undefined) return known;
  return known === undefined ? url : withKnownSecrets(url.trim(), known);
}

function parseBody<Schema extends z.ZodType>(schema: Schema, body: string, expected: string): z.output<Schema> {
  const parsed = schema.safeParse(parseJson(body));
  if (!parsed.success) throw new RoadwatchError('bad-body', `expected ${expected}`);
  return parsed.data;
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new RoadwatchError('bad-body', 'expected JSON');
  }
}
