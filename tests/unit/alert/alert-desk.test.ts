/** Alerts from the assessment to those who look on: over the real tables, on a clock that stands still. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AlertDesk, type AlertDeskOptions, type AlertEvent } from '../../../src/alert/alert-desk.ts';
import { RoadwatchError } from '../../../src/errors.ts';
import { ManualClock } from '../../../src/time/clock.ts';
import { alert, assessment, thresholds } from '../../support/alerts.ts';
import { MemoryAlertStore, settled } from '../../support/memory-alert-store.ts';
import { capturedAtMs } from '../../support/risk-messages.ts';

const diskFull = new RoadwatchError('disk-full', 'alert history: there is no room left on its disk');

let clock: ManualClock;
let store: MemoryAlertStore;
let desk: AlertDesk;
let events: AlertEvent[];
let troubles: string[];

async function open(settings: Partial<AlertDeskOptions['settings']> = {}): Promise<void> {
  let ids = 0;
  events = [];
  troubles = [];
  desk = await AlertDesk.open({
    store,
    clock,
    thresholds,
    settings: { pauseMs: 3000, minLevel: 'low', continueMs: 30_000, ...settings },
    newId: () => {
      ids += 1;
      return `alert-${ids}`;
    },
    onTrouble: (code) => troubles.push(code),
  });
  desk.onChange((event) => events.push(event));
}

/** What those who look on were told, in short. */
function told(): string[] {
  return events.map(({ change, alert: { id, count }, active, stored }) =>
    [change, id, count, active ? 'active' : 'over', ...(stored ? [] : ['not stored'])].join(' '),
  );
}

beforeEach(async () => {
  clock = new ManualClock(capturedAtMs);
  store = new MemoryAlertStore();
  await open();
});
afterEach(() => desk.close());

describe('an alert is told of', () => {
  test('when it is on disk, not before', async () => {
    store.holdCommits = true;
    desk.assess(assessment({ picture: 'cGlj' }));
    await settled();
    expect(events).toEqual([]);
    expect(desk.current.of('7', []).results).toEqual([]);
    await store.commit();
    expect(told()).toEqual(['began alert-1 1 active']);
    expect(store.database.find('alert-1')).toEqual(events[0]?.alert);
    expect(store.database.picture('alert-1')?.toString()).toBe('pic');
    expect(desk.current.of('7', []).results).toHaveLength(1);
  });

  test('once for all that happened to it while a commit was under way', async () => {
    store.holdCommits = true;
    for (let time = 0; time < 5; time += 1) desk.assess(assessment({ capturedAtMs: capturedAtMs + time }));
    await settled();
    await store.commit();
    await store.commit();
    expect(told()).toEqual(['began alert-1 1 active', 'continued alert-1 5 active']);
    expect(store.saves).toBe(2);
  });

  test('as worse, where it became worse and went on in one write', async () => {
    store.holdCommits = true;
    desk.assess(assessment({ is: { confidence: 0.5 } }));
    desk.assess(assessment({ picture: 'd29yc2U=' }));
    desk.assess(assessment());
    await store.commit();
    await store.commit();
    expect(told()).toEqual(['began alert-1 1 active', 'worsened alert-1 3 active']);
    expect(store.database.picture('alert-1')?.toString()).toBe('worse');
  });

  test('when it ends, after the window', async () => {
    desk.assess(assessment());
    await settled();
    clock.advance(30_000);
    expect(told()).toEqual(['began alert-1 1 active', 'ended alert-1 1 over']);
    expect(desk.stats().active).toEqual([]);
  });

  test('when its group is found safe', async () => {
    desk.assess(assessment());
    await settled();
    desk.assess(assessment({ capturedAtMs: capturedAtMs + 3000, is: { riskLevel: 'none', confidence: 0.1 } }));
    expect(told()).toEqual(['began alert-1 1 active', 'ended alert-1 1 over']);
  });

  test('never as ended before it was told of at all', async () => {
    store.holdCommits = true;
    desk.assess(assessment());
    desk.assess(assessment({ capturedAtMs: capturedAtMs + 1, is: { riskLevel: 'none' } }));
    await settled();
    expect(events).toEqual([]);
    await store.commit();
    expect(told()).toEqual(['began alert-1 1 over']);
  });
});

test('less than the least level makes no alert, and is shown in frames all the same', async () => {
  await desk.close();
  store = new MemoryAlertStore();
  await open({ minLevel: 'high' });
  desk.assess(assessment({ is: { confidence: 0.7 } }));
  await settled();
  expect(events).toEqual([]);
  expect(desk.current.of('7', []).maxRiskLevel).toBe('medium');
});

describe('a store that does not take an alert', () => {
  test('does not hide the danger: it is told of as not kept, and kept when that works again', async () => {
    store.saveFault = diskFull;
    desk.assess(assessment({ picture: 'cGlj' }));
    await settled();
    expect(told()).toEqual(['began alert-1 1 active not stored']);
    expect(troubles).toEqual(['disk-full']);
    expect(desk.stats()).toMatchObject({ unsaved: 1, written: 0, history: { kept: false, code: 'disk-full' } });
    expect(desk.stats().errors).toEqual(new Map([['disk-full', 1]]));

    const { alerts, history } = await desk.list({}, 10);
    expect(alerts).toMatchObject([{ alert: { id: 'alert-1' }, stored: false }]);
    expect(history).toEqual({ kept: false, code: 'disk-full', message: diskFull.message, sinceMs: capturedAtMs });
    expect(Buffer.from((await desk.picture('alert-1')) ?? []).toString()).toBe('pic');

    store.saveFault = undefined;
    clock.advance(2000);
    await settled();
    expect(told().at(-1)).toBe('stored alert-1 1 active');
    expect(desk.stats()).toMatchObject({ unsaved: 0, written: 1, history: { kept: true } });
    expect(store.database.picture('alert-1')?.toString()).toBe('pic');
  });

  test('is tried more and more rarely, by one alert, until it takes that', async () => {
    store.saveFault = diskFull;
    const places = [0, 300, 600];
    for (const x of places) desk.assess(assessment({ bbox: [x, 0, x + 100, 100] }));
    await settled();
    expect(store.saves).toBe(3);
    const triedAtMs: number[] = [];
    for (let second = 1; second <= 130; second += 1) {
      const before = store.saves;
      clock.advance(1000);
      await settled();
      if (store.saves > before) triedAtMs.push(second);
    }
    expect(triedAtMs).toEqual([2, 6, 14, 30, 62, 122]);
    store.saveFault = undefined;
    clock.advance(60_000);
    await settled();
    expect(store.database.stats().alerts).toBe(3);
  });

  test('gets the newest state of an alert that went on meanwhile', async () => {
    store.saveFault = diskFull;
    desk.assess(assessment({ picture: 'cGlj' }));
    await settled();
    store.saveFault = undefined;
    desk.assess(assessment({ capturedAtMs: capturedAtMs + 1000 }));
    await settled();
    expect(store.database.find('alert-1')).toMatchObject({ count: 2 });
    expect(store.database.picture('alert-1')?.toString()).toBe('pic');
    expect(told()).toEqual(['began alert-1 1 active not stored', 'continued alert-1 2 active']);
  });

  test('because it hangs: the alert is told of after two seconds, and as stored when it is', async () => {
    store.holdCommits = true;
    desk.assess(assessment());
    await settled();
    clock.advance(1999);
    expect(events).toEqual([]);
    clock.advance(1);
    expect(told()).toEqual(['began alert-1 1 active not stored']);
    expect(desk.stats().history).toMatchObject({ kept: false, code: 'store-slow' });
    await store.commit();
    expect(told().at(-1)).toBe('stored alert-1 1 active');
    expect(desk.stats().history).toEqual({ kept: true });
  });

  test('nor gives anything: the list has what is known, and says so', async () => {
    store.fault = new RoadwatchError('disk-error', 'cannot be read');
    desk.assess(assessment());
    await settled();
    const { alerts, history } = await desk.list({}, 10);
    expect(alerts).toMatchObject([{ alert: { id: 'alert-1' } }]);
    expect(history).toMatchObject({ kept: false, code: 'disk-error' });
    store.fault = undefined;
  });

  test('keeps memory bounded: beyond a few hundred the oldest are lost, and counted', async () => {
    store.saveFault = diskFull;
    for (let camera = 0; camera < 600; camera += 1) desk.assess(assessment({ cameraId: `c${camera}` }));
    await settled();
    expect(desk.stats()).toMatchObject({ unsaved: 500, lost: 100 });
  });
});

describe('the operator', () => {
  test('acknowledges an open alert: kept before it is answered, told to all', async () => {
    desk.assess(assessment());
    await settled();
    clock.advance(500);
    const state = await desk.acknowledge('alert-1', 'seen');
    expect(state).toMatchObject({ stored: true, active: true, alert: { verdict: 'seen' } });
    expect(store.database.find('alert-1')).toMatchObject({ acknowledgedAtMs: capturedAtMs + 500, verdict: 'seen' });
    expect(told()).toEqual(['began alert-1 1 active', 'acknowledged alert-1 1 active']);
    desk.assess(assessment({ capturedAtMs: capturedAtMs + 3000 }));
    await settled();
    expect(store.database.find('alert-1')).toMatchObject({ count: 2, verdict: 'seen' });
  });

  test('acknowledges one that is long over, and may think again', async () => {
    store.database.save([{ alert: alert('old') }]);
    await desk.acknowledge('old', 'seen');
    clock.advance(1000);
    const again = await desk.acknowledge('old', 'false-alarm');
    expect(again).toMatchObject({ active: false, alert: { verdict: 'false-alarm', acknowledgedAtMs: capturedAtMs } });
    expect(store.database.find('old')).toEqual(again?.alert);
  });

  test('is told where there is no such alert', async () => {
    expect(await desk.acknowledge('nobody', 'seen')).toBeUndefined();
  });
});

test('after a restart an alert goes on where it was, for the rest of its window', async () => {
  store.database.save([
    { alert: alert('before', { lastSeenMs: capturedAtMs - 20_000, sinceMs: capturedAtMs - 25_000 }) },
  ]);
  store.database.save([{ alert: alert('long-before', { lastSeenMs: capturedAtMs - 31_000 }) }]);
  await open();
  expect(desk.stats().active.map(({ id }) => id)).toEqual(['before']);
  desk.assess(assessment({ capturedAtMs: capturedAtMs + 1000 }));
  await settled();
  expect(told()).toEqual(['continued before 2 active']);
  clock.advance(29_999);
  expect(desk.stats().active).toHaveLength(1);
  clock.advance(1);
  expect(desk.stats().active).toEqual([]);
});

test('close() writes what is under way first', async () => {
  store.holdCommits = true;
  desk.assess(assessment());
  desk.assess(assessment({ capturedAtMs: capturedAtMs + 1 }));
  let closed = false;
  const closing = desk.close().then(() => {
    closed = true;
  });
  await settled();
  expect(closed).toBe(false);
  await store.commit();
  await store.commit();
  await closing;
  expect(told().at(-1)).toBe('continued alert-1 2 active');
});
