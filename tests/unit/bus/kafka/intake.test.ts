import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import type { FetchedMessage } from '../../../../src/bus/kafka/consumer-client.ts';
import { Intake } from '../../../../src/bus/kafka/intake.ts';
import type { KafkaFault } from '../../../../src/bus/kafka/kafka-fault.ts';
import { ManualClock } from '../../../../src/time/clock.ts';
import { fault, pass, ScriptedConsumer, settled } from '../../../support/scripted-kafka.ts';

const topic = 'detection-results';
const listener = { onAssign: () => {}, onRevoke: () => {}, onCommitted: () => {} };

let clock: ManualClock;
let client: ScriptedConsumer;
let taken: FetchedMessage[];
let faults: KafkaFault[];
let stop: AbortController;

beforeEach(() => {
  clock = new ManualClock();
  client = new ScriptedConsumer(listener);
  taken = [];
  faults = [];
  stop = new AbortController();
});

function message(offset: number, size = 1): FetchedMessage {
  return { topic, partition: 0, offset, key: null, value: null, size };
}

function messages(from: number, count: number, size = 1): FetchedMessage[] {
  return Array.from({ length: count }, (_, index) => message(from + index, size));
}

function run({ maxMessages = 10, maxBytes = 1000 } = {}): { intake: Intake; stopped: () => Promise<void> } {
  const intake = new Intake({
    client,
    clock,
    maxMessages,
    maxBytes,
    partitions: () => [{ topic, partition: 0 }],
    onMessages: (fetched) => taken.push(...fetched),
    onFault: (one) => faults.push(one),
  });
  const running = intake.run(stop.signal);
  return {
    intake,
    stopped: async () => {
      stop.abort();
      await pass(clock, 1000);
      await running;
    },
  };
}

test('takes what is there, and looks again a little later where there is nothing', async () => {
  client.queue = messages(0, 3);
  const { intake, stopped } = run();
  await settled();
  expect(taken.map(({ offset }) => offset)).toEqual([0, 1, 2]);
  expect(intake.inFlight).toBe(3);
  const lookedAtMs: number[] = [];
  for (let elapsedMs = 1; elapsedMs <= 150; elapsedMs += 1) {
    const polls = client.polledFor.length;
    await pass(clock, 1);
    if (client.polledFor.length > polls) lookedAtMs.push(elapsedMs);
  }
  expect(lookedAtMs).toEqual([10, 30, 70, 110, 150]);
  client.queue = messages(3, 1);
  await pass(clock, 40 + 10);
  expect(taken.length).toBe(4);
  // Two at the start, five meanwhile; then with the message, at once behind it, and as soon as at the start.
  expect(client.polledFor.length).toBe(10);
  await stopped();
});

describe('without room', () => {
  test('it takes no more than there is room for', async () => {
    client.queue = messages(0, 30);
    const { intake, stopped } = run();
    await pass(clock, 100);
    expect(intake.inFlight).toBe(10);
    expect(client.queue.length).toBe(20);
    intake.release(1);
    await settled();
    expect(taken.length).toBe(11);
    expect(client.calls).toEqual([]);
    await stopped();
  });

  test('bytes count, too', async () => {
    client.queue = messages(0, 200, 100);
    const { intake, stopped } = run({ maxMessages: 150, maxBytes: 1000 });
    await pass(clock, 100);
    // The room is looked at before a batch is taken, and a batch is of 100.
    expect(intake.inFlight).toBe(100);
    for (let index = 0; index < 90; index += 1) intake.release(100);
    await pass(clock, 100);
    expect(intake.inFlight).toBe(10);
    intake.release(100);
    await pass(clock, 40);
    expect(taken.length).toBe(200);
    await stopped();
  });

  test('partitions are paused after a while, looked at all the same, and resumed when half of the room is free', async () => {
    client.queue = messages(0, 30);
    const { intake, stopped } = run();
    await pass(clock, 249);
    expect(client.calls).toEqual([]);
    await pass(clock, 1);
    expect(client.calls).toEqual(['pause 0']);
    expect(intake.isPaused).toBe(true);
    const polls = client.polledFor.length;
    await pass(clock, 1000);
    expect(client.polledFor.slice(polls)).toEqual(Array(10).fill(1));
    for (let index = 0; index < 4; index += 1) intake.release(1);
    await pass(clock, 1000);
    expect(client.calls).toEqual(['pause 0']);
    intake.release(1);
    await pass(clock, 100);
    expect(client.calls).toEqual(['pause 0', 'resume 0']);
    expect(taken.length).toBe(15);
    await stopped();
  });

  test('partitions that come meanwhile are paused, too; those that come otherwise are read', async () => {
    const { intake, stopped } = run({ maxMessages: 1 });
    intake.join([{ topic, partition: 4 }]);
    client.queue = messages(0, 5);
    await pass(clock, 500);
    intake.join([{ topic, partition: 5 }]);
    expect(client.calls).toEqual(['resume 4', 'pause 0', 'pause 5']);
    await stopped();
  });

  test('however messages come and are handled, there are never more than there is room for, and all are taken in the end', async () => {
    const steps = fc.array(fc.record({ arrive: fc.nat(40), handle: fc.nat(40), passMs: fc.nat(400) }), {
      maxLength: 15,
    });
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        clock = new ManualClock();
        client = new ScriptedConsumer(listener);
        taken = [];
        stop = new AbortController();
        const { intake, stopped } = run({ maxMessages: 20 });
        let arrived = 0;
        let handled = 0;
        for (const { arrive, handle, passMs } of all) {
          client.queue.push(...messages(arrived, arrive));
          arrived += arrive;
          await pass(clock, passMs);
          expect(intake.inFlight).toBeLessThanOrEqual(20);
          expect(intake.inFlight).toBe(taken.length - handled);
          for (let index = 0; index < Math.min(handle, taken.length - handled); index += 1) intake.release(1);
          handled = taken.length - intake.inFlight;
        }
        while (taken.length < arrived) {
          for (let left = intake.inFlight; left > 0; left -= 1) intake.release(1);
          await pass(clock, 500);
        }
        expect(taken.map(({ offset }) => offset)).toEqual(Array.from({ length: arrived }, (_, offset) => offset));
        await stopped();
      }),
      { numRuns: 50 },
    );
  });
});

test('what goes wrong is said, and does not make it spin', async () => {
  client.nextFault = fault('_ALL_BROKERS_DOWN');
  const { stopped } = run();
  await settled();
  expect(faults.map(({ name }) => name)).toEqual(['_ALL_BROKERS_DOWN']);
  expect(client.polledFor.length).toBe(1);
  await pass(clock, 200);
  expect(client.polledFor.length).toBe(2);
  await stopped();
});
