import { isIP } from 'node:net';
import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { fraction, milliseconds, text } from './values.ts';

/** An IP address, or one and the bits of its network. */
function isNetwork(value: string): boolean {
  const [address = '', bits, ...more] = value.split('/');
  const most = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  return more.length === 0 && most > 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most));
}

const cores = availableParallelism();
const maxDecodeThreads = 8;

const analysisIntervalMs = milliseconds(40, 3_600_000);
const transport = z.enum(['tcp', 'udp']);
const decodePolicy = z.enum(['auto', 'keyframes', 'all']);
const hardwareDecode = z.enum(['none', 'auto', 'cuda', 'vaapi', 'v4l2m2m']);

/** A camera's id: a number counts as its digits. */
const cameraId = z
  .preprocess(
    (value) => (typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value),
    z.string().regex(/^[\p{L}\p{N}][\p{L}\p{N}._:-]{0,63}$/u),
  )
  .meta({ expects: 'a number, or up to 64 letters, digits, ".", "_", ":" and "-", the first a letter or digit' });

const maxZones = 16;
const maxZoneCorners = 32;

/** x and y: 0 to 1 from the picture's left and from its top edge. */
const zoneCorner = z.tuple([fraction(), fraction()]).meta({ expects: '[x, y], each from 0 to 1' });

const zone = z.strictObject({
  name: text(60).describe('What the page calls it.'),
  kind: z
    .enum(['include', 'ignore'])
    .describe(
      'Where some zone includes, road users count only in such zones; where one ignores, they never do. A road user is where its box ends below, in the middle.',
    ),
  points: z
    .array(zoneCorner)
    .min(3)
    .max(maxZoneCorners)
    .refine(spansAnArea)
    .meta({ expects: `a list of 3 to ${maxZoneCorners} corners [x, y], each from 0 to 1, not all on one line` })
    .describe("Corners of the polygon: 0 to 1 of the picture's width and height, from its left and top edge."),
});

export const camera = z.strictObject({
  id: cameraId.describe('The id by which every message names this camera.'),
  url: text()
    .meta({ expects: 'rtsp:// or rtsps://' })
    .describe('rtsp:// or rtsps:// URL, credentials included; the path of a video where `allowFiles` is true.'),
  name: text(200).exactOptional().describe('What the page calls it.'),
  intervalMs: analysisIntervalMs.exactOptional().describe('Overrides `analysis.intervalMs` for this camera.'),
  priority: z
    .number()
    .min(0.1)
    .max(10)
    .exactOptional()
    .describe(
      'While there is too much to do, the interval of a camera of priority 2 is stretched half as much; 1 unless given.',
    ),
  transport: transport.exactOptional().describe('Overrides `source.transport` for this camera.'),
  decodePolicy: decodePolicy.exactOptional().describe('Overrides `analysis.decodePolicy` for this camera.'),
  hardwareDecode: hardwareDecode.exactOptional().describe('Overrides `analysis.hardwareDecode` for this camera.'),
  enabled: z.boolean().default(true).describe('Whether it runs.'),
  zones: z.array(zone).max(maxZones).default([]).describe('Where in the picture road users count; none: everywhere.'),
});

const network = z
  .string()
  .refine(isNetwork)
  .meta({ expects: 'an address or a network such as 192.168.1.0/24 or fd00::/8' });
function spansAnArea(corners: readonly (readonly [number, number])[]): boolean {
  const [[x0, y0] = [0, 0], ...others] = corners;
  const [x1, y1] = others.find(([x, y]) => x !== x0 || y !== y0) ?? [x0, y0];
  return others.some(([x, y]) => (x1 - x0) * (y - y0) !== (y1 - y0) * (x - x0));
}

export const source = z.strictObject({
  allowedSchemes: z
    .array(z.enum(['rtsp', 'rtsps']))
    .min(1)
    .max(2)
    .default(['rtsp', 'rtsps'])
    .describe('How cameras may be reached that somebody names on the page or over the wire.'),
  allowedNetworks: z
    .array(network)
    .max(100)
    .exactOptional()
    .describe(
      'Where such cameras may be; unless given, everywhere but at addresses of the link (169.254.0.0/16, fe80::/10) and of groups. Names are looked up once, and the camera is connected by the address.',
    ),
  transport: transport.default('tcp').describe('How RTSP media travels.'),
  connectTimeoutMs: milliseconds(100, 120_000).default(5000).describe('Longest wait for a camera to answer.'),
  readTimeoutMs: milliseconds(100, 120_000)
    .default(5000)
    .describe('Silence after which a live camera counts as stalled and is connected anew.'),
  backoff: z
    .strictObject({
      firstMs: milliseconds(10, 600_000).default(1000).describe('Wait before the second attempt; it then doubles.'),
      maxMs: milliseconds(10, 3_600_000).default(60_000).describe('Longest wait between two attempts.'),
      hopelessMs: milliseconds(10, 86_400_000)
        .default(60_000)
        .describe('Wait after what cannot work as configured, such as wrong credentials.'),
    })
    .prefault({})
    .describe('Waits between attempts to connect, each with jitter.'),
});

export const analysis = z.strictObject({
  intervalMs: analysisIntervalMs.default(1800).describe('Time between two analyses of one camera.'),
  decodePolicy: decodePolicy
    .default('auto')
    .describe('Which frames are decoded: keyframes alone, all, or what the interval needs.'),
  hardwareDecode: hardwareDecode
    .default('none')
    .describe('Hardware that decodes; where it does not work, software takes over.'),
  sceneGating: z
    .strictObject({
      enabled: z
        .boolean()
        .default(false)
        .describe('Where nothing has changed since the last analysis of a camera, let its result stand (`reused`).'),
      maxReuseSeconds: z
        .number()
        .min(0.1)
        .max(3600)
        .meta({ unit: 's' })
        .default(10)
        .describe('How long a result may stand before the scene is analysed again, changed or not.'),
    })
    .prefault({})
    .describe('Saves the model where nothing moves.'),
  decodeThreads: z
    .int()
    .min(1)
    .max(64)
    .meta({ defaultText: 'number of cores, at most 8' })
    .default(Math.min(cores, maxDecodeThreads))
    .describe('Threads that decode, letterbox and encode, shared by all cameras.'),
  jpegQuality: z.int().min(1).max(100).default(80).describe('Quality of the pictures that viewers get.'),
});
