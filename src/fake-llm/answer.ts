/** What the fake model says: something that fits the schema asked for, and what a sign in the picture tells it to. */
import { createHash } from 'node:crypto';
import type { RiskLevel } from '../detect/detection-message.ts';
import { riskLevels } from '../detect/risk-level.ts';
import type { ChatRequest } from './chat-request.ts';
import { signIn } from './sign.ts';

/** Scores that stand for a level. */
const scores: Readonly<Record<RiskLevel, number>> = { none: 0.05, low: 0.5, medium: 0.7, high: 0.9 };

/** A group that is asked about: its number, in the data that the user gives. */
const groupInText = /"groupIndex"\s*:\s*(\d+)/g;

/**
 * The answer's text. Groups that are asked about get a risk each; any other question gets something that fits its
 * schema. The same picture gets the same answer, or every picture `risk`; one with a sign gets what the sign says.
 */
export function answerTo({ pictures, text, userText, schema }: ChatRequest, risk?: RiskLevel): string {
  const groups = [...new Set([...userText.matchAll(groupInText)].map(([, number]) => Number(number)))];
  if (groups.length > 0) {
    const results = groups.map((group, index) => riskOf(group, moodOf(pictures[index], userText, risk)));
    return JSON.stringify({ results });
  }
  const mood = moodOf(pictures[0], text, risk);
  return JSON.stringify(
    schema === undefined ? { riskLevel: mood.level, description: mood.words } : sample(schema, mood),
  );
}

function riskOf(groupIndex: number, { level, words }: Mood): object {
  return {
    groupIndex,
    description: words,
    riskTypes: level === 'none' ? [] : ['close_proximity'],
    triggerObjectIds: [],
    dangerObjectCount: level === 'none' ? 0 : 2,
    riskLevel: level,
    confidence: scores[level],
  };
}

function moodOf(picture: Buffer | undefined, text: string, risk: RiskLevel | undefined): Mood {
  const sign = picture === undefined ? undefined : signIn(picture);
  if (sign !== undefined) return { level: levelOfSign(sign), words: `as the sign says: ${sign}` };
  const level = risk ?? levelOf(picture ?? text);
  return { level, words: `made-up answer: the risk is ${level}` };
}

function levelOf(seen: Buffer | string): RiskLevel {
  const [first = 0] = createHash('sha256').update(seen).digest();
  return riskLevels[first % riskLevels.length] ?? 'none';
}

/** The last level that it names; a sign that names none says that all is well. */
function levelOfSign(sign: string): RiskLevel {
  const named = sign.toLowerCase().match(/\b(none|low|medium|high)\b/g);
  return (named?.at(-1) as RiskLevel | undefined) ?? 'none';
}

interface Mood {
  readonly level: RiskLevel;
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
