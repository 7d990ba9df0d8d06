/** What the fake model says: something that fits the schema asked for, and what a sign in the picture tells it to. */
import { createHash } from 'node:crypto';
import type { ChatRequest } from './chat-request.ts';
import { signIn } from './sign.ts';

const levels = ['none', 'low', 'medium', 'high'] as const;
type Level = (typeof levels)[number];

/** Scores that stand for a level. */
const scores: Readonly<Record<Level, number>> = { none: 0.05, low: 0.5, medium: 0.7, high: 0.9 };

/** What is answered where no schema is given. */
const usualSchema = {
  type: 'object',
  properties: {
    groupIndex: { type: 'integer', minimum: 1 },
    description: { type: 'string' },
    riskLevel: { enum: levels },
    confidence: { type: 'number', minimum: 0, maximum: 1 },
    riskTypes: { type: 'array', items: { type: 'string' } },
    dangerObjectCount: { type: 'integer', minimum: 0 },
    triggerObjectIds: { type: 'array', items: { type: 'integer' } },
  },
};

/** The answer's text. The same picture gets the same answer; one with a sign gets what the sign says. */
export function answerTo({ pictures, text, schema }: ChatRequest): string {
  const sign = pictures.map(signIn).find((words) => words !== undefined);
  const level = sign === undefined ? levelOfPicture(pictures, text) : levelOfSign(sign);
  const words = sign === undefined ? `made-up answer: the risk is ${level}` : `as the sign says: ${sign}`;
  return JSON.stringify(sample(schema ?? usualSchema, { level, words }));
}

function levelOfPicture(pictures: readonly Buffer[], text: string): Level {
  const hash = createHash('sha256');
  for (const part of pictures.length > 0 ? pictures : [text]) hash.update(part);
  return levels[(hash.digest()[0] ?? 0) % levels.length] ?? 'none';
}

/** The last level that it names; a sign that names none says that all is well. */
function levelOfSign(sign: string): Level {
  const named = sign.toLowerCase().match(/\b(none|low|medium|high)\b/g);
  return (named?.at(-1) as Level | undefined) ?? 'none';
}

interface Mood {
  readonly level: Level;
  readonly words: string;
}

/** A value that fits a JSON schema, for as much of JSON Schema as is used to ask models. */
function sample(schema: unknown, mood: Mood): unknown {
  if (typeof schema !== 'object' || schema === null) return null;
  const node = schema as Readonly<Record<string, unknown>>;
  if (node.const !== undefined) return node.const;
  if (Array.isArray(node.enum)) return node.enum.includes(mood.level) ? mood.level : node.enum[0];
  const variants = node.anyOf ?? node.oneOf;
  if (Array.isArray(variants)) return sample(variants[0], mood);
  switch (Array.isArray(node.type) ? node.type[0] : node.type) {
    case 'object':
      return sampleObject(node.properties, mood);
    case 'array':
      return sampleArray(node, mood);
    case 'number':
      return numberIn(node, scores[mood.level]);
    case 'integer':
      return Math.ceil(numberIn(node, 0));
    case 'boolean':
      return mood.level === 'high';
    case 'string':
      return mood.words.slice(0, typeof node.maxLength === 'number' ? node.maxLength : undefined);
    default:
      return null;
  }
}

function sampleObject(properties: unknown, mood: Mood): unknown {
  const entries = Object.entries((properties ?? {}) as Record<string, unknown>);
  return Object.fromEntries(entries.map(([name, child]) => [name, sample(child, mood)]));
}

/** As few items as may be; one where there is a danger to be named. */
function sampleArray(node: Readonly<Record<string, unknown>>, mood: Mood): unknown[] {
  const least = typeof node.minItems === 'number' ? node.minItems : 0;
  const most = typeof node.maxItems === 'number' ? node.maxItems : 1;
  const isNamed = typeof node.items === 'object' && node.items !== null && 'enum' in node.items;
  const wanted = isNamed && mood.level !== 'none' ? 1 : 0;
  const length = Math.max(least, Math.min(most, wanted));
  return Array.from({ length }, () => sample(node.items, mood));
}

function numberIn(node: Readonly<Record<string, unknown>>, wanted: number): number {
  const least = typeof node.minimum === 'number' ? node.minimum : 0;
  const most = typeof node.maximum === 'number' ? node.maximum : Number.POSITIVE_INFINITY;
  return Math.min(most, Math.max(least, wanted));
}
