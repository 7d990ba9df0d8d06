import { beforeEach, expect, test } from 'vitest';
import type { Handlers } from '../../../../src/bus/kafka/handling-lanes.ts';
import { ReaderSlot } from '../../../../src/bus/kafka/reader-slot.ts';
import { settled } from '../../../support/scripted-kafka.ts';

/** What readers did: `start a,b`, `close a,b`. */
let events: string[];
let started: Handlers[];

beforeEach(() => {
  events = [];
  started = [];
});

function slot(maySeveral = false): ReaderSlot {
  return new ReaderSlot(
    (handlers) => {
      const topics = [...handlers.keys()].join(',');
      started.push(handlers);
      events.push(`start ${topics}`);
      let closed: Promise<void> | undefined;
      return {
        stats: () => expect.unreachable(),
        close: () => {
          closed ??= settled().then(() => void events.push(`close ${topics}`));
          return closed;
        },
      };
    },
    { maySeveral },
  );
}

const handler = () => {};

test('topics that come in one go start it once', async () => {
  const one = slot();
  one.add('detection-results', handler);
  one.add('risk-assessment-results', handler);
  await settled();
  expect(events).toEqual(['start detection-results,risk-assessment-results']);
});

test('one that comes later starts it anew, when the first has left; the last to go ends it', async () => {
  const one = slot();
  const leaveDetections = one.add('detection-results', handler);
  await settled();
  const leaveResults = one.add('risk-assessment-results', handler);
  for (let turn = 0; turn < 3; turn += 1) await settled();
  leaveDetections();
  leaveResults();
  leaveResults();
  for (let turn = 0; turn < 3; turn += 1) await settled();
  expect(events).toEqual([
    'start detection-results',
    'close detection-results',
    'start detection-results,risk-assessment-results',
    'close detection-results,risk-assessment-results',
  ]);
  expect(one.running).toBeUndefined();
});

test('a topic has one handler, unless its readers share nothing', async () => {
  const one = slot();
  one.add('detection-results', handler);
  expect(() => one.add('detection-results', () => {})).toThrow(expect.objectContaining({ code: 'reader-taken' }));

  const several = slot(true);
  const seen: string[] = [];
  several.add('detection-results', () => void seen.push('first'));
  several.add('detection-results', () => void seen.push('second'));
  await settled();
  const handle = started.at(-1)?.get('detection-results');
  await handle?.({} as never, 'key', { keepUntil: () => {} });
  expect(seen).toEqual(['first', 'second']);
});

test('closed, it ends its reader and starts no other', async () => {
  const one = slot();
  one.add('detection-results', handler);
  await settled();
  one.add('assessment-tasks', handler);
  await one.close();
  expect(events).toEqual(['start detection-results', 'close detection-results']);
});
