/**
 * The one description of the configuration: names, types, ranges, units, defaults and what each setting is for; the larger
 * sections are in `settings/`.
 * The error messages (`expectation.ts`), the reference (`reference.ts`, docs/configuration.md) and the `Config` type
 * are all made from it.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { accounts } from './settings/account-settings.ts';
import { analysis, camera, source } from './settings/camera-settings.ts';
import { detection, detector, grouping } from './settings/detector-settings.ts';
import { alerts, llm, risk } from './settings/risk-settings.ts';
import { server } from './settings/server-settings.ts';
import { brokers, kafka, kafkaSecurity, redis } from './settings/streaming-settings.ts';
import { httpUrl, text } from './settings/values.ts';
import { stateFolder } from './state-folder.ts';

export { defaultClasses } from './settings/detector-settings.ts';
export { roleNames } from './settings/streaming-settings.ts';

type Immutable<T> = T extends object ? { readonly [Key in keyof T]: Immutable<T[Key]> } : T;

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

const log = z.strictObject({
  level: z.enum(['silent', 'error', 'warn', 'info', 'debug']).default('info').describe('Least important line written.'),
});

const backend = z.strictObject({
  baseUrl: httpUrl.exactOptional().describe('Address of the central site.'),
});

export const configSchema = z.strictObject({
  server: server.prefault({}).describe('HTTP and WebSocket.'),
  accounts: accounts.prefault({}).describe('Who may log in, and what is written down of what they do.'),
  cameras: z
    .array(camera)
    .max(1024)
    .default([])
    .describe('Cameras that always run. Others are added on the page, or started by viewers.'),
  camerasFile: text()
    .meta({ defaultText: 'cameras.json in the state folder (STATE_DIRECTORY, else ~/.local/state/roadwatch)' })
    .default(join(stateFolder(), 'cameras.json'))
    .describe(
      'Where the cameras are kept that are added on the page or with `roadwatch cameras`, with their passwords.',
    ),
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

/** A camera as it stands in the configuration, and as it is kept. */
export type CameraConfig = Config['cameras'][number];
