import { beforeEach, describe, expect, test, vi } from 'vitest';
import { taskOf } from '../../../../src/assess/assessment-task.ts';
import { TaskGenerator, type TaskGeneratorOptions } from '../../../../src/assess/tasks/task-generator.ts';
import { assessmentTaskMessageSchema, type DetectionResultMessage } from '../../../../src/bus/topics.ts';
import type { BBox } from '../../../../src/native.ts';
import { ManualClock } from '../../../../src/time/clock.ts';
import { thresholds } from '../../../support/assessment.ts';
import { boxAt, type Place } from '../../../support/scenes.ts';

const picturesBbox: BBox = [0, 0, 100, 50];
const onSkipped = vi.fn();
let clock: ManualClock;
let generator: TaskGenerator;

function create(overrides: Partial<TaskGeneratorOptions> = {}): void {
  clock = new ManualClock(Date.UTC(2025, 0, 1));
  onSkipped.mockClear();
  generator = new TaskGenerator({
    clock,
    deadlineMs: 6000,
    cooldownMs: 3000,
    thresholds,
    picturesNeeded: () => true,
    onSkipped,
    ...overrides,
  });
}

beforeEach(() => create());

interface Made {
  readonly class: string;
  readonly at: Place;
  readonly group: number;
}

/** A detection of now: its objects, and who is in which group. */
function detection(objects: readonly Made[], overrides: Partial<DetectionResultMessage> = {}): DetectionResultMessage {
  const detectedObjects = objects.map(({ class: className, at }) => ({
    class: className,
    confidence: 0.9,
    bbox: boxAt(className, at),
    level: 'none' as const,
  }));
  const groupIndexes = [...new Set(objects.map(({ group }) => group))];
  return {
    requestId: 'r1',
    cameraId: 'gate',
    timestamp: new Date(clock.nowMs()).toISOString(),
    detectedObjects,
    trafficGroups: groupIndexes.map((groupIndex) => {
      const memberIndices = objects.flatMap(({ group }, index) => (group === groupIndex ? index : []));
      const boxes = memberIndices.map((index) => detectedObjects[index]?.bbox ?? [0, 0, 0, 0]);
      const bbox: BBox = [
        Math.min(...boxes.map(([x1]) => x1)),
        Math.min(...boxes.map(([, y1]) => y1)),
        Math.max(...boxes.map(([, , x2]) => x2)),
        Math.max(...boxes.map(([, , , y2]) => y2)),
      ];
      return {
        groupIndex,
        objectCount: memberIndices.length,
        memberCount: memberIndices.length,
        bbox,
        groupBbox: bbox,
        classes: [...new Set(memberIndices.map((index) => detectedObjects[index]?.class ?? ''))],
        averageConfidence: 0.9,
        avgConfidence: 0.9,
        riskLevel: 'none' as const,
        memberIndices,
      };
    }),
    groupImages: groupIndexes.map((groupIndex) => ({
      groupIndex,
      imageBase64: `picture ${groupIndex}`,
      bbox: picturesBbox,
      objectCount: 2,
      classes: [],
      imageWidth: 100,
      imageHeight: 50,
      differenceHash: '00000000000000ff',
    })),
    imageWidth: 1920,
    imageHeight: 1080,
    processTime: 0.1,
    ...overrides,
  };
}

const carAndPerson = (carX = 0, personX = 3.3): Made[] => [
  { class: 'car', at: { x: carX, z: 0 }, group: 1 },
  { class: 'person', at: { x: personX, z: 0 }, group: 1 },
];
const twoCarsFarOff: Made[] = [
  { class: 'car', at: { x: 30, z: 0 }, group: 2 },
  { class: 'car', at: { x: 36, z: 0 }, group: 2 },
];

describe('a detection', () => {
  test('becomes a task for each group, with its members, picture and first judgement', () => {
    const [first, second, ...others] = generator.tasksOf(detection([...carAndPerson(), ...twoCarsFarOff]));
    expect(others).toEqual([]);
    expect(first).toMatchObject({
      taskId: 'r1_1',
      requestId: 'r1',
      cameraId: 'gate',
      timestamp: '2025-01-01T00:00:00.000Z',
      groupIndex: 1,
      groupImageBase64: 'picture 1',
      groupImageBbox: picturesBbox,
      differenceHash: '00000000000000ff',
      groupMetadata: { objectCount: 2, classes: ['car', 'person'] },
      memberIndices: [0, 1],
      priority: 'medium',
      localJudgement: { riskLevel: 'low', triggerObjectIds: [0, 1] },
    });
    expect(first?.detectedObjects.map((object) => object.class)).toEqual(['car', 'person']);
    expect(second).toMatchObject({
      taskId: 'r1_2',
      groupIndex: 2,
      memberIndices: [2, 3],
      priority: 'low',
      localJudgement: { riskLevel: 'none', triggerObjectIds: [] },
    });
    for (const one of [first, second]) expect(assessmentTaskMessageSchema.parse(one)).toEqual(one);
  });

  test('without groups becomes nothing, and is not counted', () => {
    expect(generator.tasksOf(detection([]))).toEqual([]);
    expect(onSkipped).not.toHaveBeenCalled();
  });

  test('tells by its predecessor who will collide: that comes first', () => {
    generator.tasksOf(detection(carAndPerson(0, 12.3)));
    clock.advance(1000);
    const [task] = generator.tasksOf(detection(carAndPerson(5, 12.3)));
    expect(task).toMatchObject({ priority: 'high', localJudgement: { riskLevel: 'high' } });
    expect(task?.localJudgement?.measured.timeToCollisionS).toBeCloseTo(1, 5);
  });

  test('names members by their tracks where they have some', () => {
    const made = detection(carAndPerson());
    const tracked = made.detectedObjects.map((object, index) => ({ ...object, trackId: 40 + index }));
    const [task] = generator.tasksOf({ ...made, detectedObjects: tracked });
    expect(task?.localJudgement?.triggerObjectIds).toEqual([40, 41]);
  });
});

describe('the deadline', () => {
  test('counts from the capture', () => {
    const captured = detection(carAndPerson());
    clock.advance(1500);
    expect(generator.tasksOf(captured)[0]?.deadline).toBe('2025-01-01T00:00:06.000Z');
  });

  test('of a stamp from the future counts from now', () => {
    const [task] = generator.tasksOf(detection(carAndPerson(), { timestamp: '2025-01-01T09:00:00.000Z' }));
    expect(task?.deadline).toBe('2025-01-01T00:00:06.000Z');
  });
});

describe('left out', () => {
  test('is the same scene while its cooldown lasts: all of its groups, counted', () => {
    generator.tasksOf(detection([...carAndPerson(), ...twoCarsFarOff]));
    clock.advance(2999);
    expect(generator.tasksOf(detection([...carAndPerson(), ...twoCarsFarOff]))).toEqual([]);
    expect(onSkipped).toHaveBeenCalledExactlyOnceWith('cooldown', 2);
    clock.advance(1);
    expect(generator.tasksOf(detection([...carAndPerson(), ...twoCarsFarOff]))).toHaveLength(2);
  });

  test('is not one that grows dangerous', () => {
    generator.tasksOf(detection(carAndPerson(0, 12.3)));
    clock.advance(1000);
    expect(generator.tasksOf(detection(carAndPerson(5, 12.3)))).toHaveLength(1);
  });

  test('is a group without a picture where a model is to look at it, counted', () => {
    const made = detection([...carAndPerson(), ...twoCarsFarOff]);
    const groupImages = made.groupImages.filter(({ groupIndex }) => groupIndex === 2);
    expect(generator.tasksOf({ ...made, groupImages }).map(({ groupIndex }) => groupIndex)).toEqual([2]);
    expect(onSkipped).toHaveBeenCalledExactlyOnceWith('no-picture', 1);
  });

  test('is none without a picture where rules judge alone', () => {
    create({ picturesNeeded: () => false });
    const [task] = generator.tasksOf(detection(carAndPerson(), { groupImages: [] }));
    expect(task).toMatchObject({ groupImageBase64: '' });
    expect(onSkipped).not.toHaveBeenCalled();
  });
});

describe('a task that is read from the bus', () => {
  const defaults = () => ({ clock, deadlineMs: 6000, thresholds });

  test('is the one that was made', () => {
    const [message] = generator.tasksOf(detection(carAndPerson()));
    clock.advance(1000);
    expect(message && taskOf(message, defaults())).toMatchObject({
      taskId: 'r1_1',
      cameraId: 'gate',
      members: [
        { id: 0, class: 'car' },
        { id: 1, class: 'person' },
      ],
      picture: { jpegBase64: 'picture 1', bbox: picturesBbox, differenceHash: '00000000000000ff' },
      priority: 'medium',
      deadlineMs: 6000,
      judgement: message?.localJudgement,
    });
  });

  test('of another producer, with the contract’s fields alone, is made complete', () => {
    const [message] = generator.tasksOf(detection(carAndPerson()));
    if (message === undefined) throw new Error('expected a task');
    const { taskId, requestId, timestamp, groupIndex, groupImageBase64, detectedObjects, groupMetadata } = message;
    const foreign = { taskId, requestId, timestamp, groupIndex, groupImageBase64, detectedObjects, groupMetadata };
    const task = taskOf({ ...foreign, cameraId: 7 }, defaults());
    expect(task).toMatchObject({
      cameraId: '7',
      members: [{ id: 0 }, { id: 1 }],
      picture: { bbox: [800, 330, 1360, 500] },
      priority: 'medium',
      deadlineMs: 6000,
      judgement: { riskLevel: 'low' },
    });
  });

  test('has no more time than one of our own, whatever its producer’s clock says', () => {
    const [message] = generator.tasksOf(detection(carAndPerson()));
    if (message === undefined) throw new Error('expected a task');
    expect(taskOf({ ...message, deadline: '2025-01-02T00:00:00.000Z' }, defaults()).deadlineMs).toBe(6000);
    expect(taskOf({ ...message, deadline: '2024-12-31T23:59:59.000Z' }, defaults()).deadlineMs).toBe(-1000);
  });
});
