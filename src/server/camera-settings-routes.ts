/** Cameras that are kept: their settings and order, a test of one, its picture. */
import { z } from 'zod';
import { shownAddress, withKnownSecrets } from '../camera/address-secrets.ts';
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

/** A camera with all of its zones is smaller. */
export const maxCameraBytes = 65_536;

const statusByCode: Readonly<Record<string, number>> = {
  'bad-camera': 400,
  'bad-body': 400,
  'bad-order': 400,
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

export interface CameraSettingsRoutesOptions {
  readonly kept: KeptCameras;
  readonly registry: CameraRegistry;
  readonly probe: CameraProbe;
  readonly config: Pick<Config, 'analysis' | 'source' | 'allowFiles' | 'maxCameras'>;
  readonly clock: Clock;
}

export class CameraSettingsRoutes {
  readonly #options: CameraSettingsRoutesOptions;
  readonly #snapshots: Snapshots;
  /** Tests that were asked for by HTTP wait in one line. */
  readonly #requester = {};

  constructor(options: CameraSettingsRoutesOptions) {
    this.#options = options;
    this.#snapshots = new Snapshots(options.registry, options.clock);
  }

  /** The cameras that are kept, with their settings. */
  settings(): Reply {
    const { kept, config } = this.#options;
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

  /** `body` of this and the others is JSON; undefined where it was too long. */
  add(body: string | undefined): Promise<Reply> {
    return this.#answer(async () => ({ camera: this.#settingsOf(await this.#options.kept.add(parseJson(body))) }));
  }

  edit(id: string, body: string | undefined): Promise<Reply> {
    return this.#answer(async () => {
      return { camera: this.#settingsOf(await this.#options.kept.edit(decoded(id), parseJson(body))) };
    });
  }

  remove(id: string): Promise<Reply> {
    return this.#answer(async () => {
      await this.#options.kept.remove(decoded(id));
      return {};
    });
  }

  reorder(body: string | undefined): Promise<Reply> {
    return this.#answer(async () => {
      const { cameraIds } = parseBody(orderBody, body, '{"cameraIds": [ids in their order]}');
      await this.#options.kept.reorder(cameraIds);
      return {};
    });
  }

  /** Looks at a camera's stream for some seconds: of an address, of a camera that is kept, or of that with another address. */
  test(body: string | undefined): Promise<Reply> {
    return this.#answer(async () => {
      const asked = parseBody(testBody, body, '{"url": address} or {"cameraId": id}, with transport and intervalMs');
      const { config, probe } = this.#options;
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
      const jpeg = await this.#snapshots.take(decoded(id));
      return { status: 200, headers: { 'Content-Type': 'image/jpeg', 'Cache-Control': 'no-store' }, body: jpeg };
    } catch (error) {
      return refused(error);
    }
  }

  #find(cameraId: string): KeptCamera {
    const found = this.#options.kept.find(cameraId);
    if (!found) throw new RoadwatchError('unknown-camera', `there is no camera ${cameraId}`);
    return found;
  }

  #settingsOf({ camera, origin, shadowed }: KeptCamera): CameraSettingsData {
    const problem = shadowed ? undefined : this.#options.registry.refusalOf(camera.id);
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

/** An id as it stands in an address. */
function decoded(id: string): string {
  try {
    return decodeURIComponent(id);
  } catch {
    return id;
  }
}

function parseBody<Schema extends z.ZodType>(
  schema: Schema,
  body: string | undefined,
  expected: string,
): z.output<Schema> {
  const parsed = schema.safeParse(parseJson(body));
  if (!parsed.success) throw new RoadwatchError('bad-body', `expected ${expected}`);
  return parsed.data;
}

function parseJson(body: string | undefined): unknown {
  if (body === undefined) throw new RoadwatchError('bad-body', `expected at most ${maxCameraBytes} bytes`);
  try {
    return JSON.parse(body);
  } catch {
    throw new RoadwatchError('bad-body', 'expected JSON');
  }
}
