import { z } from 'zod';

export const deadLetterSchema = z
  .object({
    reason: z.string().describe('Why it could not be handled, in words.'),
    code: z
      .string()
      .describe(
        '`bad-message` where it is not what the topic should hold; else the code of what its reader threw, or `internal`.',
      ),
    reader: z.string().describe('Whose it was.'),
    topic: z.string().min(1).describe('The topic that the message was found in.'),
    partition: z.int().min(0).describe('Its partition of that topic.'),
    offset: z.int().min(0).describe('Its offset in that partition.'),
    key: z.string().nullable().describe('Its key, as text.'),
    timestamp: z.number().nullable().describe('When it was sent: milliseconds since the epoch.'),
    value: z
      .string()
      .nullable()
      .describe('The message as it was; null where there was nothing, or where `valueOmitted`.'),
    valueEncoding: z.enum(['utf8', 'base64']).describe('How `value` is written.'),
    valueOmitted: z
      .literal(true)
      .exactOptional()
      .describe(
        'The message is too large to be kept beside its reason: it is in its own topic alone, as long as that keeps it.',
      ),
  })
  .meta({
    title: 'Dead letter',
    description:
      'A message that could not be handled, and why. Topics `<topic>-dlq`, with its own key; its id is `<topic>-<partition>-<offset>`.',
  });

/** What stands in a dead letter. */
export type DeadLetter = Readonly<z.output<typeof deadLetterSchema>>;
