import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { assessedDetectionSchema } from '../../../src/aggregate/assessed.ts';
import { deadLetterSchema } from '../../../src/bus/kafka/dead-letter.ts';
import { deadLetterTopic } from '../../../src/bus/kafka/dead-letters.ts';
import { plannedTopics } from '../../../src/bus/kafka/topic-plan.ts';
import { topics } from '../../../src/bus/topics.ts';
import { alertNotice, alertNoticeSchema } from '../../../src/cache/alert-notice.ts';
import { installedPath } from '../../../src/config/installation.ts';
import { messageSchemas, schemaText } from '../../../src/schemas/message-schemas.ts';
import { alertEvent, assessedDetection } from '../../support/assessed.ts';
import { detectionMessage, groupRisk, resultMessage } from '../../support/risk-messages.ts';

const folder = installedPath('docs', 'schemas');
const names = [...messageSchemas().keys()];

const detection = {
  ...detectionMessage('r1', [[10, 20, 90, 60]]),
  detectedObjects: [{ class: 'car', confidence: 0.9, bbox: [10, 20, 90, 60], level: 'none', trackId: 4 }],
  reused: true,
};
const [image] = detection.groupImages;
const risk = resultMessage('r1', groupRisk(1, { triggerObjectIds: [0, 'track-4'] }));

/** By schema: our own, and a message with everything that it may hold. */
const samples: Readonly<Record<string, readonly [z.ZodType, object]>> = {
  'detection-results': [
    topics['detection-results'],
    { ...detection, groupImages: [{ ...image, differenceHash: '0123456789abcdef' }] },
  ],
  'assessment-tasks': [
    topics['assessment-tasks'],
    {
      taskId: 'r1_1',
      requestId: 'r1',
      cameraId: 7,
      timestamp: '2025-06-01T12:30:15.250Z',
      groupIndex: 1,
      groupImageBase64: '',
      detectedObjects: detection.detectedObjects,
      groupMetadata: { objectCount: 1, classes: ['car'] },
      memberIndices: [0],
      groupImageBbox: [0, 8, 102, 72],
      differenceHash: '0123456789abcdef',
      priority: 'high',
      deadline: '2025-06-01T12:30:21.250Z',
      localJudgement: {
        score: 0.9,
        riskLevel: 'high',
        riskTypes: ['close_proximity'],
        triggerObjectIds: [0],
        measured: { gapM: 1, closingMps: 2, timeToCollisionS: 0.5 },
      },
    },
  ],
  'risk-assessment-results': [
    topics['risk-assessment-results'],
    { ...risk, metadata: { ...risk.metadata, fallbackReason: 'deadline' }, error: 'no answer' },
  ],
  'dead-letter': [
    deadLetterSchema,
    {
      reason: 'not a message of assessment-tasks',
      code: 'bad-message',
      reader: 'llm-scheduler',
      topic: 'assessment-tasks',
      partition: 3,
      offset: 17,
      key: '7',
      timestamp: 1_748_781_015_250,
      value: 'AAE=',
      valueEncoding: 'base64',
      valueOmitted: true,
    },
  ],
  'assessed-detection': [
    assessedDetectionSchema,
    { ...assessedDetection('r1'), detectedObjects: detection.detectedObjects },
  ],
  'alert-notice': [alertNoticeSchema, alertNotice(alertEvent('a1')) ?? {}],
};

test('docs/schemas holds what the code checks by, and nothing else (roadwatch schemas --out docs/schemas)', () => {
  expect(readdirSync(folder).toSorted()).toEqual(['README.md', ...names.map((name) => `${name}.json`)].toSorted());
  for (const [name, schema] of messageSchemas()) {
    expect(readFileSync(join(folder, `${name}.json`), 'utf8')).toBe(schemaText(schema));
  }
});

test('every topic has its schema, those of dead letters share one', () => {
  const described = new Set(names.filter((name) => name in topics));
  for (const { name } of plannedTopics({ partitions: 16, replicas: 1 })) {
    expect(described.has(name) || [...described].some((topic) => deadLetterTopic(topic) === name)).toBe(true);
  }
  expect(Object.keys(samples).toSorted()).toEqual(names.toSorted());
});

describe.each(names)('%s', (name) => {
  const schema = messageSchemas().get(name) ?? {};
  // Formats are not checked by readers unless they ask for it: the patterns have to do.
  const validate = new Ajv2020({ validateFormats: false, allowUnionTypes: true }).compile(schema);
  const [own, sample] = samples[name] ?? [];
  const isOurs = (message: unknown) => own?.safeParse(message).success;

  test('has a name for good, a title, and a meaning for each field', () => {
    expect(schema).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      $id: `urn:roadwatch:schema:${name}`,
      title: expect.stringMatching(/./),
      description: expect.stringMatching(/./),
    });
    expect(fieldsWithoutMeaning(schema, schema)).toEqual([]);
  });

  test('takes what we send, and fields that are added later, at any depth', () => {
    expect(isOurs(sample)).toBe(true);
    expect(validate(sample)).toBe(true);
    expect(validate(withMoreFields(sample))).toBe(true);
  });

  test('refuses what we refuse: each field absent, or something else', () => {
    const others = [undefined, null, '', 'other', 'high', -1, 0, 0.5, 2, true, [], [1, 2, 3, 4], {}];
    let refused = 0;
    for (const path of pathsIn(sample)) {
      for (const other of others) {
        const message = withValue(sample, path, other);
        const verdict = validate(message);
        expect(`${path.join('.')} = ${JSON.stringify(other)}: ${verdict}`).toBe(
          `${path.join('.')} = ${JSON.stringify(other)}: ${isOurs(message)}`,
        );
        if (!verdict) refused += 1;
      }
    }
    // Nearly all of them: a text is as good as another, a number often.
    expect(refused).toBeGreaterThan(pathsIn(sample).length * 5);
  });
});

type Path = readonly (string | number)[];

function isTree(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** Ways to every field and item. */
function pathsIn(value: unknown): Path[] {
  if (!isTree(value)) return [];
  const keys = Array.isArray(value) ? value.keys() : Object.keys(value);
  return [...keys].flatMap((key) => [[key], ...pathsIn(value[key]).map((path) => [key, ...path])]);
}

/** A copy with another value at a path; as JSON, so that undefined is absent. */
function withValue(value: unknown, path: Path, other: unknown): unknown {
  const copy: unknown = structuredClone(value);
  const parent = path.slice(0, -1).reduce<unknown>((node, key) => (isTree(node) ? node[key] : undefined), copy);
  const last = path.at(-1);
  if (!isTree(parent) || last === undefined) throw new Error('no such path');
  if (Array.isArray(parent) && other === undefined) parent.splice(Number(last), 1);
  else parent[last] = other;
  return JSON.parse(JSON.stringify(copy));
}

function withMoreFields(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withMoreFields);
  if (!isTree(value)) return value;
  const fields = Object.entries(value).map(([key, item]) => [key, withMoreFields(item)]);
  return { ...Object.fromEntries(fields), addedLater: { any: ['thing'] } };
}

/** Fields of which neither they nor what they refer to say what they mean. */
function fieldsWithoutMeaning(node: unknown, root: unknown): string[] {
  if (!isTree(node)) return [];
  const fields = isTree(node.properties) ? Object.entries(node.properties) : [];
  const own = fields.flatMap(([name, field]) => (hasMeaning(field, root) ? [] : [name]));
  return [...own, ...Object.values(node).flatMap((child) => fieldsWithoutMeaning(child, root))];
}

function hasMeaning(field: unknown, root: unknown): boolean {
  if (!isTree(field)) return false;
  if (typeof field.description === 'string' && field.description !== '') return true;
  if (typeof field.$ref !== 'string') return isTree(field.items) && hasMeaning(field.items, root);
  const [, ...path] = field.$ref.split('/');
  return hasMeaning(
    path.reduce<unknown>((at, key) => (isTree(at) ? at[key] : undefined), root),
    root,
  );
}
