import { expect, test } from 'vitest';
import { createLog } from '../../../src/log.ts';
import { shutDown } from '../../../src/shutdown.ts';
import { ManualClock } from '../../../src/time/clock.ts';

function collectingLog() {
  const lines: { part?: string; msg?: string }[] = [];
  return { lines, log: createLog('info', { write: (line: string) => void lines.push(JSON.parse(line)) }) };
}

test('parts are closed in order', async () => {
  const { log, lines } = collectingLog();
  const closed: string[] = [];
  const step = (name: string) => ({ name, limitMs: 100, close: () => void closed.push(name) });
  const left = await shutDown([step('server'), step('engine'), step('bus')], 300, log, new ManualClock());
  expect(left).toEqual([]);
  expect(closed).toEqual(['server', 'engine', 'bus']);
  expect(lines).toEqual([]);
});

test('a part that hangs or fails is said, the others are closed, and what hangs is left behind', async () => {
  const { log, lines } = collectingLog();
  const clock = new ManualClock();
  let lastClosed = false;
  const done = shutDown(
    [
      { name: 'fails', limitMs: 100, close: () => Promise.reject(new Error('broken')) },
      { name: 'hangs', limitMs: 200, close: () => new Promise<void>(() => {}) },
      {
        name: 'last',
        limitMs: 100,
        close: () => {
          lastClosed = true;
        },
      },
    ],
    300,
    log,
    clock,
  );
  await new Promise((resolve) => setImmediate(resolve));
  expect(lastClosed).toBe(false);
  clock.advance(200);
  expect(await done).toEqual(['hangs']);
  expect(lastClosed).toBe(true);
  expect(lines).toEqual([
    expect.objectContaining({ part: 'fails', msg: 'fails did not close: broken' }),
    expect.objectContaining({ part: 'hangs', msg: 'hangs did not close: it takes longer than 200 ms' }),
  ]);
});

test('a part may use what those before it have left, and leaves those behind it their share', async () => {
  const { log, lines } = collectingLog();
  const clock = new ManualClock();
  const hanging = (name: string, limitMs: number) => ({ name, limitMs, close: () => new Promise<void>(() => {}) });
  const done = shutDown(
    [{ name: 'quick', limitMs: 500, close: () => {} }, hanging('engine', 300), hanging('bus', 200)],
    1000,
    log,
    clock,
  );
  for (let step = 0; step < 10; step += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(100);
  }
  expect(await done).toEqual(['engine', 'bus']);
  expect(lines.map(({ msg }) => msg)).toEqual([
    'engine did not close: it takes longer than 800 ms',
    'bus did not close: it takes longer than 200 ms',
  ]);
});
