/** What is left of a message where there is no room for its pictures. */
import type { Topic } from './topics.ts';

type Json = Record<string, unknown>;

/** By topic, what takes the pictures out; false where there is none to take out. All else stays as it is. */
const takePictures: Readonly<Record<Topic, ((message: Json) => boolean) | undefined>> = {
  'detection-results': (message) => {
    if (!Array.isArray(message.groupImages)) return false;
    // Not a single `some`: that would end with the first.
    return message.groupImages.map((image) => isJson(image) && emptyText(image, 'imageBase64')).includes(true);
  },
  'assessment-tasks': (message) => emptyText(message, 'groupImageBase64'),
  'risk-assessment-results': undefined,
};

/** Whether messages of this topic may hold pictures. */
export function mayHavePictures(topic: Topic): boolean {
  return takePictures[topic] !== undefined;
}

/**
 * A record's value with empty text in place of every picture, still valid for its topic; undefined where it has no picture,
 * or is no JSON object.
 */
export function withoutPictures(topic: Topic, value: Buffer): Buffer | undefined {
  const take = takePictures[topic];
  if (take === undefined) return undefined;
  const message = parsed(value);
  return isJson(message) && take(message) ? Buffer.from(JSON.stringify(message)) : undefined;
}

function parsed(value: Buffer): unknown {
  try {
    return JSON.parse(value.toString('utf8'));
  } catch {
    return undefined;
  }
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function emptyText(of: Json, field: string): boolean {
  const text = of[field];
  if (typeof text !== 'string' || text === '') return false;
  of[field] = '';
  return true;
}
