import { describe, expect, test } from 'vitest';
import { answerSchema, requestedSchema } from '../../../../src/assess/answer/answer-schema.ts';
import { checkAnswer } from '../../../../src/assess/answer/check-answer.ts';
import { answerText, membersOfLevel, task } from '../../../support/assessment.ts';

const asked = task({}, membersOfLevel.low);
const faultOf = (overrides: Readonly<Record<string, unknown>>) => checkAnswer(answerText(overrides), [asked]).fault;

describe('an answer', () => {
  test('that fits is read by group', () => {
    const overrides = { riskLevel: 'high', confidence: 0.9, riskTypes: ['wrong_way'], triggerObjectIds: [4, 0] };
    const { groups, fault } = checkAnswer(answerText(overrides), [asked]);
    expect(fault).toBeUndefined();
    expect(groups?.get(1)).toMatchObject(overrides);
  });

  test('may be wrapped, may say more than was asked, and may write ids as text', () => {
    const wrapped = `Sure:\n\`\`\`json\n${answerText({ triggerObjectIds: ['4', 4], note: 'x' })}\n\`\`\``;
    expect(checkAnswer(wrapped, [asked]).groups?.get(1)?.triggerObjectIds).toEqual([4]);
  });

  test('for several groups has each of them', () => {
    const second = task({ groupIndex: 2 });
    const results = [1, 2].map((groupIndex) => JSON.parse(answerText({ groupIndex })).results[0]);
    expect([...(checkAnswer(JSON.stringify({ results }), [asked, second]).groups?.keys() ?? [])]).toEqual([1, 2]);
    expect(checkAnswer(answerText(), [asked, second]).fault).toBe('groupIndex 2 is not answered');
    const twice = JSON.stringify({ results: [results[0], results[0]] });
    expect(checkAnswer(twice, [asked]).fault).toBe('groupIndex 1 is answered twice');
  });
});

describe('refused in words is', () => {
  test.each([
    ['no JSON', 'It is safe.', /expected one JSON object/],
    ['another object', '{"level":"none"}', /required property 'results'/],
    ['no group', '{"results":[]}', /\/results/],
  ])('%s', (_, text, fault) => {
    expect(checkAnswer(text, [asked]).fault).toMatch(fault);
  });

  test.each([
    ['a level that does not exist', { riskLevel: 'safe' }, /riskLevel/],
    ['a score beyond 1', { confidence: 1.5 }, /confidence/],
    ['a score in words', { confidence: 'low' }, /confidence/],
    ['a made-up risk type', { riskTypes: ['call_the_police'] }, /riskTypes/],
    ['a count below 0', { dangerObjectCount: -1 }, /dangerObjectCount/],
    ['a missing description', { description: undefined }, /description/],
    ['an id of nobody in the request', { triggerObjectIds: [1] }, /triggerObjectIds of groupIndex 1 has unknown ids/],
    ['a group that was not asked for', { groupIndex: 7 }, /groupIndex 7 was not asked for/],
    ['too many ids', { triggerObjectIds: Array.from({ length: 201 }, () => 4) }, /triggerObjectIds/],
  ])('%s', (_, overrides, fault) => {
    expect(faultOf(overrides)).toMatch(fault);
  });
});

describe('the schema that providers get', () => {
  test('is the one of the check, as strict modes want it: no bounds, nothing beside what is named, all required', () => {
    const requested = requestedSchema();
    expect(JSON.stringify(requested)).not.toMatch(/"(minimum|maximum|minItems|maxItems|maxLength)"/);
    const objects = objectsIn(requested);
    expect(objects).toHaveLength(2);
    for (const object of objects) {
      expect(object.additionalProperties).toBe(false);
      expect(object.required).toEqual(Object.keys(object.properties as object));
    }
    expect(namesIn(requested)).toEqual(namesIn(answerSchema));
  });
});

type Schema = Readonly<Record<string, unknown>>;

function objectsIn(schema: Schema): Schema[] {
  const below = [...Object.values((schema.properties ?? {}) as Record<string, Schema>), schema.items as Schema].filter(
    Boolean,
  );
  return [...(schema.type === 'object' ? [schema] : []), ...below.flatMap(objectsIn)];
}

function namesIn(schema: Schema): string[] {
  return objectsIn(schema).flatMap((object) => Object.keys(object.properties as object));
}
