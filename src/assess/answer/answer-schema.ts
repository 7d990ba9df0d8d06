/**
 * The shape of a model's answer, described once: what the provider is asked for and what the answer is checked against
 * are made from it.
 */
import { riskLevels } from '../../detect/risk-level.ts';
import { riskTypes } from '../risk-types.ts';

/** One group of an answer, as the model gives it: checked for its shape alone. */
export interface AnsweredGroup {
  readonly groupIndex: number;
  readonly description: string;
  readonly riskTypes: readonly string[];
  readonly triggerObjectIds: readonly (number | string)[];
  readonly dangerObjectCount: number;
  readonly riskLevel: 'none' | 'low' | 'medium' | 'high';
  readonly confidence: number;
}

export interface ModelAnswer {
  readonly results: readonly AnsweredGroup[];
}

type JsonSchema = { readonly [keyword: string]: unknown };

/** Groups of one request. */
export const maxGroups = 6;
const maxRiskTypes = 8;
const maxTriggers = 200;

/** What is told comes before what is judged by it: models write in this order. */
const groupProperties = {
  groupIndex: { type: 'integer', minimum: 1 },
  description: { type: 'string' },
  riskTypes: { type: 'array', maxItems: maxRiskTypes, items: { type: 'string', enum: [...riskTypes] } },
  triggerObjectIds: { type: 'array', maxItems: maxTriggers, items: { type: ['integer', 'string'] } },
  dangerObjectCount: { type: 'integer', minimum: 0 },
  riskLevel: { type: 'string', enum: [...riskLevels] },
  confidence: { type: 'number', minimum: 0, maximum: 1 },
} as const;

export const answerSchema: JsonSchema = {
  type: 'object',
  required: ['results'],
  properties: {
    results: {
      type: 'array',
      minItems: 1,
      maxItems: maxGroups,
      items: { type: 'object', required: Object.keys(groupProperties), properties: groupProperties },
    },
  },
};

/** Keywords that not every provider's constrained decoding knows; answers are checked for them here all the same. */
const bounds = new Set(['minimum', 'maximum', 'minItems', 'maxItems']);

/**
 * The schema for `response_format`: without bounds and with nothing beside what is named, as the strict modes of
 * providers want it.
 */
export function requestedSchema(node: JsonSchema = answerSchema): JsonSchema {
  const kept = Object.entries(node).filter(([keyword]) => !bounds.has(keyword));
  const schema = Object.fromEntries(kept.map(([keyword, value]) => [keyword, requestedValue(keyword, value)]));
  return node.type === 'object' ? { ...schema, additionalProperties: false } : schema;
}

function requestedValue(keyword: string, value: unknown): unknown {
  if (keyword === 'items') return requestedSchema(value as JsonSchema);
  if (keyword !== 'properties') return value;
  return Object.fromEntries(
    Object.entries(value as Record<string, JsonSchema>).map(([name, node]) => [name, requestedSchema(node)]),
  );
}
