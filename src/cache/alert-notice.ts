/** A danger as the list `alerts:{id}` tells of it: for a central site, which shares nothing else with this box. */
import { z } from 'zod';
import type { AlertEvent } from '../alert/alert-desk.ts';
import { alertLevels } from '../alert/alert-level.ts';
import { assessmentSourceSchema } from '../bus/topics.ts';
import { bboxSchema } from '../detect/detection-message.ts';

const timestamp = z.iso.datetime();
const count = z.int().min(0);

/**
 * One state of an alert: as it was when it began, or when it became worse. What changes all the time, or belongs to the
 * box's own operator, is left out.
 */
export const alertNoticeSchema = z
  .object({
    change: z.enum(['began', 'worsened']).describe('Why it is told: a new danger, or one whose level has risen.'),
    id: z.string().min(1).describe('Names the alert; the same in all its states.'),
    revision: z
      .int()
      .min(1)
      .describe('Of two states of one alert the greater one holds; the same one twice is a repeat.'),
    cameraId: z.string().min(1).describe('The camera.'),
    level: z.enum(alertLevels).describe('The greatest that the alert has had.'),
    since: timestamp.describe('Capture of the first frame that showed it: ISO 8601, UTC, ends in Z.'),
    lastSeen: timestamp.describe('Capture of the newest frame that showed it: likewise.'),
    count: z.int().min(1).describe('Assessments that have found it.'),
    description: z.string().describe('For people: plain text.'),
    riskTypes: z.array(z.string()).describe('Kinds of risk.'),
    confidence: z.number().min(0).max(1).describe('The score that the level follows from.'),
    source: assessmentSourceSchema.exactOptional(),
    model: z.string().exactOptional().describe('The model that judged, where one did.'),
    requestId: z.string().min(1).describe('The detection in which it was most dangerous.'),
    dangerObjectCount: count.describe('Objects in danger.'),
    objectCount: count.describe('Members of its group; 0 where the detection is not known, as are the fields below.'),
    classes: z.array(z.string()).describe("The members' classes."),
    bbox: bboxSchema.exactOptional().describe('Where it was seen last.'),
    imageWidth: z.int().min(1).exactOptional().describe('Width of the picture that the box is in, in pixels.'),
    imageHeight: z.int().min(1).exactOptional().describe('Height of the picture that the box is in, in pixels.'),
  })
  .meta({ title: 'Danger', description: 'A danger that began, or became worse. List `alerts:{cameraId}` in Redis.' });

export type AlertNotice = z.output<typeof alertNoticeSchema>;

/** What the list gets of a change; nothing where the change is no new danger. */
export function alertNotice({ change, alert }: Pick<AlertEvent, 'change' | 'alert'>): AlertNotice | undefined {
  if (change !== 'began' && change !== 'worsened') return undefined;
  const { sinceMs, lastSeenMs, acknowledgedAtMs: _at, verdict: _verdict, pictureRevision: _picture, ...same } = alert;
  const { source, ...rest } = same;
  const judge = assessmentSourceSchema.safeParse(source);
  return {
    change,
    ...rest,
    riskTypes: [...rest.riskTypes],
    classes: [...rest.classes],
    since: new Date(sinceMs).toISOString(),
    lastSeen: new Date(lastSeenMs).toISOString(),
    ...(judge.success ? { source: judge.data } : {}),
  };
}
