/** JSON Schemas of what other programs read, made from the schemas that our own code checks by. */
import { z } from 'zod';
import { assessedDetectionSchema } from '../aggregate/assessed.ts';
import { deadLetterSchema } from '../bus/kafka/dead-letter.ts';
import { topics } from '../bus/topics.ts';
import { alertNoticeSchema } from '../cache/alert-notice.ts';

/** A JSON Schema (draft 2020-12). */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** By name: of the topics, of what is put aside from them, and of what stands in Redis. */
const schemas: Readonly<Record<string, z.ZodType>> = {
  ...topics,
  'dead-letter': deadLetterSchema,
  'assessed-detection': assessedDetectionSchema,
  'alert-notice': alertNoticeSchema,
};

/** Names a schema for good, wherever it is kept. */
const idOf = (name: string) => `urn:roadwatch:schema:${name}`;

/** Every schema by its name, as it is published in docs/schemas. */
export function messageSchemas(): ReadonlyMap<string, JsonSchema> {
  return new Map(Object.entries(schemas).map(([name, schema]) => [name, jsonSchema(name, schema)]));
}

/** A schema as text, as it stands in its file. */
export function schemaText(schema: JsonSchema): string {
  return `${JSON.stringify(schema, null, 2)}\n`;
}

function jsonSchema(name: string, schema: z.ZodType): JsonSchema {
  const { $schema, title, description, ...rest } = z.toJSONSchema(schema, {
    override: ({ jsonSchema: node }) => forOutsiders(node),
  });
  return { $schema, $id: idOf(name), title, description, ...rest };
}

/** What a reader elsewhere has to know: fields may be added, and our types' own marks mean nothing to it. */
function forOutsiders(node: z.core.JSONSchema.BaseSchema): void {
  if (node.type === 'object') node.additionalProperties = true;
  delete node.readOnly;
  delete node.id;
  if (node.maximum === Number.MAX_SAFE_INTEGER) delete node.maximum;
  if (node.minimum === Number.MIN_SAFE_INTEGER) delete node.minimum;
}
