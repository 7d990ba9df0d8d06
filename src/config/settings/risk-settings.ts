import { join } from 'node:path';
import { z } from 'zod';
import { stateFolder } from '../state-folder.ts';
import { fraction, httpUrl, milliseconds, text } from './values.ts';

export const llm = z.strictObject({
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
      'Tokens that may be spent a day (UTC), over all keys; from 80 % on, the least urgent go without. What is spent outlives a restart (`llm-tokens.json` in the state folder). Unless given: any number.',
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

export const risk = z.strictObject({
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

export const alerts = z.strictObject({
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
