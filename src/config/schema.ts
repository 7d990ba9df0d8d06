/**
 * The one description of the configuration: names, types, ranges, units, defaults and what each setting is for.
 * The error messages (`expectation.ts`), the reference (`reference.ts`, docs/configuration.md) and the `Config` type
 * are all made from it.
 */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { installedPath } from './installation.ts';
import { parseRedisUrl } from './redis-url.ts';
import { stateFolder } from './state-folder.ts';

declare module 'zod' {
  interface GlobalMeta {
    /** What a value should look like, in words; where absent, it is made from the schema's own checks. */
    expects?: string;
    /** The default in words, where it depends on the machine. */
    defaultText?: string;
    unit?: string;
    /** Never shown, neither in errors nor in logs. */
    secret?: boolean;
  }
}

type Immutable<T> = T extends (infer Item)[]
  ? readonly Immutable<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Immutable<T[Key]> }
    : T;

const cores = availableParallelism();
const maxDecodeThreads = 8;

/** The classes that are reported when nothing else is asked for. */
export const defaultClasses = [
  'person',
  'bicycle',
  'car',
  'motorcycle',
  'bus',
  'truck',
  'traffic light',
  'stop sign',
] as const;

const milliseconds = (min: number, max: number) => z.int().min(min).max(max).meta({ unit: 'ms' });
const pixels = (min: number, max: number) => z.int().min(min).max(max).meta({ unit: 'px' });
const fraction = () => z.number().min(0).max(1);
const text = (maxLength = 4096) => z.string().trim().min(1).max(maxLength);

const analysisIntervalMs = milliseconds(40, 3_600_000);
const transport = z.enum(['tcp', 'udp']);
const decodePolicy = z.enum(['auto', 'keyframes', 'all']);
const hardwareDecode = z.enum(['none', 'auto', 'cuda', 'vaapi', 'v4l2m2m']);

const httpUrl = z
  .string()
  .regex(/^https?:\/\/[^\s/]+(\/\S*)?$/)
  .meta({ expects: 'http:// or https:// and a host' });

const origin = z
  .string()
  .regex(/^(\*|https?:\/\/[^\s/]+)$/)
  .meta({ expects: 'an origin such as https://screen.example:8443 (no path), or *' });

/** A camera's id: a number counts as its digits. */
const cameraId = z
  .preprocess(
    (value) => (typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value),
    z.string().regex(/^[\p{L}\p{N}][\p{L}\p{N}._:-]{0,63}$/u),
  )
  .meta({ expects: 'a number, or up to 64 letters, digits, ".", "_", ":" and "-", the first a letter or digit' });

/** The model's input: its long side, or both sides. */
const inputSize = z
  .union([
    z.int().min(32).max(4096).multipleOf(32),
    z
      .string()
      .regex(/^[1-9]\d{1,3}x[1-9]\d{1,3}$/)
      .transform((size) => {
        const [heightPx = 0, widthPx = 0] = size.split('x').map(Number);
        return { heightPx, widthPx };
      })
      .refine(({ heightPx, widthPx }) => isInputSide(heightPx) && isInputSide(widthPx)),
  ])
  .meta({ expects: 'a long side such as 640, or HEIGHTxWIDTH such as 384x640, in multiples of 32 px up to 4096' });

function isInputSide(lengthPx: number): boolean {
  return lengthPx >= 32 && lengthPx <= 4096 && lengthPx % 32 === 0;
}

const server = z.strictObject({
  host: text(255)
    .default('0.0.0.0')
    .describe('Address to listen on. Without `authToken` and `allowAnonymous` it is 127.0.0.1, whatever stands here.'),
  port: z
    .int()
    .min(0)
    .max(65_535)
    .default(5000)
    .describe('TCP port of HTTP and WebSocket; 0 lets the system choose one.'),
  authToken: z
    .string()
    .regex(/^[\x21-\x7e]{16,512}$/)
    .meta({ secret: true, expects: '16 to 512 printable ASCII characters without spaces' })
    .exactOptional()
    .describe('Token that HTTP and WebSocket clients must present. Better given as ALGO_AUTH_TOKEN than in the file.'),
  allowAnonymous: z
    .boolean()
    .default(false)
    .describe('Let anyone who reaches the port in, without a token. Only for networks that are closed otherwise.'),
  allowedOrigins: z
    .array(origin)
    .max(100)
    .default([])
    .describe('Origins of other web pages that may open the WebSocket; the own page always may, * stands for all.'),
  maxMessageBytes: z
    .int()
    .min(1024)
    .max(1_048_576)
    .meta({ unit: 'bytes' })
    .default(65_536)
    .describe('Largest WebSocket message of a client.'),
  maxMessagesPerSecond: z.int().min(1).max(10_000).default(20).describe('Messages a second that one client may send.'),
  maxConnections: z.int().min(1).max(10_000).default(200).describe('WebSocket clients at a time.'),
  maxBufferedBytes: z
    .int()
    .min(65_536)
    .max(268_435_456)
    .meta({ unit: 'bytes' })
    .default(4_194_304)
    .describe('Unsent bytes of one client above which it skips frames.'),
});

const camera = z.strictObject({
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
});

const source = z.strictObject({
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

const analysis = z.strictObject({
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

const detector = z.strictObject({
  manifestPath: text()
    .meta({ defaultText: 'models/nanodet-g.yaml of the installation' })
    .default(installedPath('models', 'nanodet-g.yaml'))
    .describe("The model's manifest; relative to the working directory."),
  providers: z
    .array(z.enum(['tensorrt', 'cuda', 'cpu']))
    .min(1)
    .max(3)
    .default(['tensorrt', 'cuda', 'cpu'])
    .describe('Execution providers, in the order in which they are tried; the first that loads is used.'),
  precision: z
    .enum(['auto', 'int8', 'fp32'])
    .default('auto')
    .describe(
      'Which variant of the model a CPU runs: int8 where it has the instructions that make it fast, else fp32; or one of them. GPUs run fp32.',
    ),
  workers: z
    .int()
    .min(1)
    .max(16)
    .exactOptional()
    .describe('Threads that each hold the model. Unless given: on a CPU the number of cores, on a GPU 1.'),
  threadsPerWorker: z
    .int()
    .min(1)
    .max(64)
    .exactOptional()
    .describe('Threads that compute one run of the model. Unless given: 1.'),
  maxBatch: z
    .int()
    .min(1)
    .max(64)
    .exactOptional()
    .describe('Most frames, of all cameras, in one run of the model. Unless given: on a CPU 1, on a GPU 8.'),
  batchDeadlineMs: milliseconds(0, 1000).default(0).describe('How long a frame may wait for others to fill its batch.'),
  inputSize: inputSize
    .default(640)
    .describe("Size of the model's input: a long side that follows each camera's shape, or both sides, fixed."),
});

const detection = z.strictObject({
  confidence: fraction().default(0.35).describe('Objects with a greater score are kept.'),
  iou: fraction().default(0.5).describe('Two boxes of one class that overlap more than this are one object.'),
  maxObjects: z.int().min(1).max(1000).default(200).describe('Most objects of one frame; the best stay.'),
  classes: z
    .array(text(100))
    .min(1)
    .max(1000)
    .default([...defaultClasses])
    .describe("Names of the model's classes that are reported."),
});

const grouping = z.strictObject({
  distancePx: z
    .number()
    .min(0)
    .max(100_000)
    .meta({ unit: 'px' })
    .default(150)
    .describe('Largest distance between the centres of two objects that are grouped.'),
  minMembers: z.int().min(1).max(1000).default(2).describe('Fewest objects of a group.'),
  cropMarginPx: pixels(0, 10_000).default(12).describe("What a group's picture shows around it."),
});

const log = z.strictObject({
  level: z.enum(['silent', 'error', 'warn', 'info', 'debug']).default('info').describe('Least important line written.'),
});

const brokers = () =>
  z
    .array(
      z
        .string()
        .regex(/^[^\s,:]+:\d{1,5}$/)
        .meta({ expects: 'host:port' }),
    )
    .min(1)
    .max(100);

const kafkaSecurity = z.strictObject({
  protocol: z
    .enum(['plaintext', 'ssl', 'sasl_ssl'])
    .default('plaintext')
    .describe(
      '`ssl` and `sasl_ssl` check the name in the certificate of the broker; nothing falls back to plain text.',
    ),
  caFile: text()
    .exactOptional()
    .describe("Certificates (PEM) that the broker's is checked by. Unless given: the system's."),
  certificateFile: text().exactOptional().describe('Our certificate (PEM), where brokers ask for one.'),
  keyFile: text().exactOptional().describe('Its key (PEM).'),
  keyPassword: text(512).meta({ secret: true }).exactOptional().describe('The password of the key.'),
  mechanism: z
    .enum(['SCRAM-SHA-256', 'SCRAM-SHA-512', 'PLAIN'])
    .default('SCRAM-SHA-512')
    .describe('How `sasl_ssl` proves who we are.'),
  username: text(256).exactOptional().describe('User of `sasl_ssl`.'),
  password: text(512)
    .meta({ secret: true })
    .exactOptional()
    .describe('Password of `sasl_ssl`; better given as ALGO_KAFKA_PASSWORD.'),
});

/** The parts of the service that may run in processes of their own. */
export const roleNames = ['detector', 'task-generator', 'llm-scheduler', 'result-aggregator'] as const;

const kafka = z.strictObject({
  enabled: z
    .boolean()
    .default(false)
    .describe('Topics of a Kafka cluster instead of the in-process bus: roles may run in many processes.'),
  roles: z
    .array(z.enum([...roleNames, 'all']))
    .min(1)
    .max(5)
    .default(['all'])
    .describe('Which parts run in this process. Without Kafka all do.'),
  bootstrapServers: brokers().default(['localhost:9092']).describe('Brokers to start from.'),
  security: kafkaSecurity.prefault({}).describe('How brokers are reached.'),
  groupPrefix: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,100}$/)
    .meta({ expects: 'up to 100 letters, digits, ".", "_" and "-"' })
    .default('roadwatch')
    .describe('What the names of our consumer groups begin with.'),
  maxInFlight: z
    .int()
    .min(1)
    .max(100_000)
    .default(5000)
    .describe('Messages that a reader has taken and not handled; beyond it, it pauses.'),
});

const uplink = z.strictObject({
  enabled: z
    .boolean()
    .default(false)
    .describe(
      'Send detections and assessments to a central site. For a box without Kafka: with `kafka.enabled` it must be false.',
    ),
  bootstrapServers: brokers().default(['localhost:9092']).describe('Brokers of the central site.'),
  security: kafkaSecurity.prefault({}).describe('How they are reached.'),
  outboxPath: text()
    .meta({ defaultText: 'outbox.db in the state folder (STATE_DIRECTORY, else ~/.local/state/roadwatch)' })
    .default(join(stateFolder(), 'outbox.db'))
    .describe('Where messages are kept until the broker has them.'),
  maxMegabytes: z
    .int()
    .min(4)
    .max(1_048_576)
    .meta({ unit: 'MiB' })
    .default(2048)
    .describe('What they may take. Then the oldest pictures make room, then the oldest messages, of high risk last.'),
  maxAgeHours: z
    .number()
    .min(0.01)
    .max(87_600)
    .meta({ unit: 'h' })
    .default(168)
    .describe('Messages that could not be sent for so long are given up.'),
  drainMessagesPerSecond: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(500)
    .describe('How fast what an outage has left is sent; what is new goes beside it.'),
  deadLetterMegabytes: z
    .int()
    .min(1)
    .max(65_536)
    .meta({ unit: 'MiB' })
    .default(64)
    .describe('What messages may take that the broker refuses for good, kept with the reason.'),
});

const redis = z.strictObject({
  url: z
    .string()
    .refine((url) => parseRedisUrl(url) !== undefined)
    .meta({ secret: true, expects: 'redis://[user:password@]host[:port][/database], or rediss://… for TLS' })
    .exactOptional()
    .describe(
      'Where joined results are put for other programs; better given as ALGO_REDIS_URL. Unless given: kept in the process.',
    ),
  caFile: text()
    .exactOptional()
    .describe("Certificates (PEM) that the server's is checked by, for rediss://. Unless given: the system's."),
});

const llm = z.strictObject({
  apiKey: text(512)
    .meta({ secret: true })
    .exactOptional()
    .describe('One API key; better given as DASHSCOPE_API_KEY. It counts while there is no file of keys.'),
  keysFile: text()
    .default('config/api_keys.yaml')
    .describe(
      'File of API keys, quota groups and endpoints (`config/api_keys.example.yaml`), read anew when it changes; relative to the working directory. It need not be there: without any key, local rules judge alone.',
    ),
  selectionStrategy: z
    .enum(['least_loaded', 'round_robin', 'weighted'])
    .default('least_loaded')
    .describe('How a key is chosen.'),
  cooling: z
    .strictObject({
      minMs: milliseconds(0, 3_600_000).default(10_000).describe('Shortest rest of a key that was refused.'),
      maxMs: milliseconds(0, 3_600_000).default(120_000).describe('Longest rest of a key that was refused.'),
    })
    .prefault({})
    .describe('Rest of a key after a refusal.'),
  baseUrl: httpUrl
    .default('https://dashscope.aliyuncs.com/compatible-mode/v1')
    .describe('Address of the OpenAI-compatible API.'),
  model: text(200).default('qwen-vl-plus').describe('Vision language model that assesses a group.'),
  structuredOutput: z
    .enum(['json_schema', 'json_object', 'text'])
    .default('json_object')
    .describe('How far the API can be made to answer in JSON: by a schema, in JSON at all, or by asking for it.'),
  timeoutMs: milliseconds(100, 600_000).default(30_000).describe('Longest wait for an answer.'),
  maxRetries: z.int().min(0).max(10).default(2).describe('Further attempts after a failed call.'),
  tokensPerDay: z
    .int()
    .min(1000)
    .max(1_000_000_000_000)
    .meta({ unit: 'tokens' })
    .exactOptional()
    .describe(
      'Tokens that may be spent a day (UTC), over all keys; from 80 % on, the least urgent go without. Unless given: any number.',
    ),
  hedgeShare: fraction()
    .default(0.03)
    .describe('Largest share of calls that are sent a second time, for urgent groups whose answer takes long.'),
  maxConcurrentCalls: z.int().min(1).max(1000).default(50).describe('Calls at a time, over all keys.'),
  maxAnswerTokens: z
    .int()
    .min(64)
    .max(8192)
    .meta({ unit: 'tokens' })
    .default(400)
    .describe('Longest answer that is asked for, for each group.'),
  maxGroupsPerRequest: z
    .int()
    .min(1)
    .max(6)
    .default(4)
    .describe('Groups of one frame that may share a call; it costs fewer tokens than a call for each.'),
  language: z
    .enum(['zh', 'en'])
    .default('zh')
    .describe('Language of the prompt, and of the descriptions that operators read.'),
  promptFile: text()
    .exactOptional()
    .describe(
      'A prompt of your own in place of `config/prompts/risk.<language>.md` of the installation; relative to the working directory.',
    ),
});

const risk = z.strictObject({
  enabled: z.boolean().default(true).describe('Assess groups. Where false, no level is ever told.'),
  deadlineMs: milliseconds(200, 120_000)
    .default(6000)
    .describe("From a frame's capture to the answer for its groups; what the model has not said by then, rules judge."),
  cooldownMs: milliseconds(0, 3_600_000)
    .default(3000)
    .describe('Time between two assessments of the same scene of one camera; one that grows dangerous does not wait.'),
  maxTasks: z
    .int()
    .min(1)
    .max(100_000)
    .default(500)
    .describe('Assessments at a time, waiting ones included; beyond it rules judge at once.'),
  thresholds: z
    .strictObject({
      low: fraction().default(0.45).describe('Score from which a risk is low.'),
      medium: fraction().default(0.65).describe('Score from which a risk is medium.'),
      high: fraction().default(0.8).describe('Score from which a risk is high.'),
    })
    .prefault({})
    .describe('From score (0 to 1, `confidence` in messages) to level.'),
  reuse: z
    .strictObject({
      enabled: z
        .boolean()
        .default(true)
        .describe("Let the model's answer stand while a group looks the same: same members, places and picture."),
      maxAgeSeconds: z
        .number()
        .min(0)
        .max(3600)
        .meta({ unit: 's' })
        .default(15)
        .describe('How long an answer of level none or low may stand. A high one never does.'),
      maxMediumAgeSeconds: z
        .number()
        .min(0)
        .max(3600)
        .meta({ unit: 's' })
        .default(5)
        .describe('The same for an answer of level medium.'),
      maxHashBits: z
        .int()
        .min(0)
        .max(32)
        .meta({ unit: 'bits' })
        .default(6)
        .describe('Bits of 64 in which the hashes of two pictures of the same may differ.'),
      minIou: fraction().default(0.8).describe('Least overlap (IoU) of the boxes of a member that has not moved.'),
    })
    .prefault({})
    .describe('Saves calls where nothing changes.'),
});

const alerts = z.strictObject({
  pauseMs: milliseconds(0, 3_600_000)
    .default(3000)
    .describe('How long a danger stands in `detection_result` after its assessment came.'),
  minLevel: z.enum(['low', 'medium', 'high']).default('low').describe('Least risk that makes an alert.'),
  continueMs: milliseconds(0, 86_400_000)
    .default(30_000)
    .describe('The same danger, seen again within this time, continues its alert instead of making another.'),
  databasePath: text()
    .meta({ defaultText: 'alerts.db in the state folder (STATE_DIRECTORY, else ~/.local/state/roadwatch)' })
    .default(join(stateFolder(), 'alerts.db'))
    .describe('The file that keeps alerts with their pictures; `:memory:` keeps them until the service stops.'),
  retentionDays: z
    .number()
    .min(0.01)
    .max(3650)
    .meta({ unit: 'days' })
    .default(30)
    .describe('Alerts last seen longer ago are removed, with their pictures.'),
  maxMegabytes: z
    .int()
    .min(4)
    .max(1_048_576)
    .meta({ unit: 'MiB' })
    .default(512)
    .describe('What alerts and their pictures may take; the oldest then make room.'),
});

const backend = z.strictObject({
  baseUrl: httpUrl.exactOptional().describe('Address of the central site.'),
});

export const configSchema = z.strictObject({
  server: server.prefault({}).describe('HTTP and WebSocket.'),
  cameras: z.array(camera).max(1024).default([]).describe('Cameras that always run. Viewers may start others.'),
  maxCameras: z.int().min(1).max(1024).default(128).describe('Cameras at a time, configured and started by viewers.'),
  allowFiles: z
    .boolean()
    .default(false)
    .describe('Let a camera be a video file, from the configuration and from viewers.'),
  source: source.prefault({}).describe('Connection to cameras.'),
  analysis: analysis.prefault({}).describe('What is taken from a camera, and how often.'),
  detector: detector.prefault({}).describe('The model and what runs it.'),
  detection: detection.prefault({}).describe('What becomes of what the model says.'),
  grouping: grouping.prefault({}).describe('Which objects form a group.'),
  serverDrawEnabled: z.boolean().default(true).describe('Draw boxes into the `frame` of a `detection_result`.'),
  log: log.prefault({}).describe('The log: JSON lines on stderr.'),
  kafka: kafka.prefault({}).describe('The parts of the service in many processes, joined by topics.'),
  uplink: uplink
    .prefault({})
    .describe(
      'What a box tells a central site is kept on disk until the brokers there have it. With `kafka.enabled`, what its cameras saw is kept so until the brokers of `kafka` have it; of these settings those of the outbox count then.',
    ),
  redis: redis.prefault({}).describe('A cache that other programs read.'),
  risk: risk.prefault({}).describe('How dangerous each group is: by the model, or by local rules.'),
  llm: llm.prefault({}).describe('The vision language model that is asked about groups, and its keys.'),
  alerts: alerts.prefault({}).describe('What operators are told of dangers, and how long it is kept.'),
  backend: backend.prefault({}).describe('For a later version: checked, not used yet.'),
});

/** A valid configuration, complete with defaults. */
export type Config = Immutable<z.output<typeof configSchema>>;

/** A camera as it stands in the configuration. */
export type CameraConfig = Config['cameras'][number];
