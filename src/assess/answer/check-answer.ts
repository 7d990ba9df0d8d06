import { Ajv } from 'ajv';
import type { AssessmentTask } from '../assessment-task.ts';
import type { ObjectId } from '../rules/road-user.ts';
import { type AnsweredGroup, answerSchema, type ModelAnswer } from './answer-schema.ts';
import { findJsonObject } from './find-json.ts';

/** A group of an answer that fits what was asked: ids are those of the request. */
export interface CheckedGroup extends AnsweredGroup {
  readonly triggerObjectIds: readonly ObjectId[];
}

/** By group index; or what is wrong with the answer, in words that a model can mend it by. */
export type CheckedAnswer =
  | { readonly groups: ReadonlyMap<number, CheckedGroup>; readonly fault?: never }
  | { readonly groups?: never; readonly fault: string };

const hasShape = new Ajv({ allowUnionTypes: true }).compile<ModelAnswer>(answerSchema);

/** Reads a model's text as the answer for the tasks of one request. */
export function checkAnswer(text: string, tasks: readonly AssessmentTask[]): CheckedAnswer {
  const found = findJsonObject(text);
  if (found === undefined) return { fault: 'expected one JSON object, found none' };
  if (!hasShape(found)) return { fault: shapeFault() };
  const groups = new Map<number, CheckedGroup>();
  for (const group of found.results) {
    const task = tasks.find(({ groupIndex }) => groupIndex === group.groupIndex);
    if (task === undefined) return { fault: `groupIndex ${group.groupIndex} was not asked for` };
    if (groups.has(group.groupIndex)) return { fault: `groupIndex ${group.groupIndex} is answered twice` };
    const ids = knownIds(group, task);
    if (ids === undefined) return { fault: `triggerObjectIds of groupIndex ${group.groupIndex} has unknown ids` };
    groups.set(group.groupIndex, { ...group, triggerObjectIds: ids });
  }
  const missing = tasks.find(({ groupIndex }) => !groups.has(groupIndex));
  return missing === undefined ? { groups } : { fault: `groupIndex ${missing.groupIndex} is not answered` };
}

function shapeFault(): string {
  const [error] = hasShape.errors ?? [];
  return error === undefined ? 'not of the shape asked for' : `${error.instancePath || 'the object'} ${error.message}`;
}

/** The task's own ids, each once; models write 3 and "3" alike. Nothing where one is not among them. */
function knownIds({ triggerObjectIds }: AnsweredGroup, { members }: AssessmentTask): ObjectId[] | undefined {
  const byText = new Map(members.map(({ id }) => [String(id), id]));
  const ids = new Set<ObjectId>();
  for (const given of triggerObjectIds) {
    const id = byText.get(String(given));
    if (id === undefined) return undefined;
    ids.add(id);
  }
  return [...ids];
}
