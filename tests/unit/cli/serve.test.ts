import { beforeEach, expect, test } from 'vitest';
import { serve } from '../../../src/cli/serve.ts';
import { createLog } from '../../../src/log.ts';
import { ManualClock } from '../../../src/time/clock.ts';

let clock: ManualClock;
let stop: PromiseWithResolvers;
let started: PromiseWithResolvers;
let closed: PromiseWithResolvers<readonly string[]>;
let events: string[];
let said: string[];

interface PromiseWithResolvers<Value = void> {
  readonly promise: Promise<Value>;
  readonly resolve: (value: Value) => void;
  readonly reject: (error: Error) => void;
}

function withResolvers<Value = void>(): PromiseWithResolvers<Value> {
  let resolve!: (value: Value) => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<Value>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  return { promise, resolve, reject };
}

beforeEach(() => {
  clock = new ManualClock();
  [stop, started, closed] = [withResolvers(), withResolvers(), withResolvers()];
  events = [];
  said = [];
});

function run(options: { until?: () => Promise<unknown> } = {}) {
  return serve({
    start: async () => {
      await started.promise;
      events.push('started');
      return {
        close: () => {
          events.push('closing');
          return closed.promise;
        },
      };
    },
    stop: stop.promise,
    onEnd: () => events.push('ended'),
    log: createLog('info', { write: (line: string) => void said.push(JSON.parse(line).msg) }),
    endProcess: async (code) => {
      events.push(`process ended with ${code}`);
      throw new Error('the process has ended');
    },
    clock,
    ...options,
  });
}

/** Lets everything happen that waits for nothing but its turn. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

test('a service runs until it is told to stop, and is closed', async () => {
  const code = run();
  started.resolve();
  await settle();
  expect(events).toEqual(['started']);
  stop.resolve();
  await settle();
  closed.resolve([]);
  expect(await code).toBe(0);
  expect(events).toEqual(['started', 'ended', 'closing']);
  expect(said).toEqual([]);
});

test('one that ends by itself is closed, too', async () => {
  const code = run({ until: async () => undefined });
  started.resolve();
  closed.resolve([]);
  expect(await code).toBe(0);
  expect(events).toEqual(['started', 'ended', 'closing']);
});

test('what does not end takes the process with it, and is named', async () => {
  const code = run();
  started.resolve();
  stop.resolve();
  closed.resolve(['engine']);
  await expect(code).rejects.toThrow('the process has ended');
  expect(events.at(-1)).toBe('process ended with 1');
  expect(said.at(-1)).toBe('did not end in time: engine; ending by force');
});

test('one that is told to stop while it starts is closed as soon as it has started', async () => {
  const code = run();
  stop.resolve();
  await settle();
  started.resolve();
  closed.resolve([]);
  expect(await code).toBe(0);
  expect(events).toEqual(['started', 'closing']);
  expect(said).toEqual(['told to stop while still starting']);
});

test('a start that hangs is waited for no longer than a second', async () => {
  const code = run();
  stop.resolve();
  await settle();
  clock.advance(999);
  await settle();
  expect(events).toEqual([]);
  clock.advance(1);
  await expect(code).rejects.toThrow('the process has ended');
  expect(events).toEqual(['process ended with 0']);
});

test('a start that fails is told as it is, also to one who has asked it to stop', async () => {
  const failing = run();
  started.reject(new Error('no model'));
  await expect(failing).rejects.toThrow('no model');
  started = withResolvers();
  const stopped = run();
  stop.resolve();
  await settle();
  started.reject(new Error('no model'));
  await expect(stopped).rejects.toThrow('no model');
});
