/** Whatever link, disk and process do: nothing that was kept is lost, and each camera's records keep their order. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { OutgoingRecord } from '../../../src/bus/outgoing-record.ts';
import { ManualClock } from '../../../src/time/clock.ts';
import { seededRandom } from '../../../src/time/random.ts';
import { Outbox } from '../../../src/uplink/outbox.ts';
import { RecordedLines } from '../../support/kafka-bus.ts';
import { MemoryDisk, MemoryOutboxStore } from '../../support/memory-outbox-store.ts';
import { pass, settled } from '../../support/scripted-kafka.ts';
import { ScriptedSender } from '../../support/scripted-sender.ts';

type Step =
  | { readonly do: 'send'; readonly key: string; readonly urgency: OutgoingRecord['urgency'] }
  | { readonly do: 'confirm' | 'give-back'; readonly count: number }
  | { readonly do: 'refuse' }
  | { readonly do: 'disk'; readonly fault: 'disk-full' | 'answer-lost' | 'store-lost' | undefined }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'close' | 'kill' };

const sends = fc.record({
  do: fc.constant('send' as const),
  key: fc.constantFrom('c1', 'c2', 'c3'),
  urgency: fc.constantFrom('normal', 'normal', 'normal', 'high'),
});
const reports = fc.record({ do: fc.constantFrom('confirm', 'give-back'), count: fc.nat(20) });
const waits = fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 20, 150, 1000, 7000, 40_000) });
const faults = fc.record({
  do: fc.constant('disk' as const),
  fault: fc.constantFrom('disk-full', 'answer-lost', 'store-lost', undefined, undefined),
});
const ends = fc.record({ do: fc.constantFrom('close', 'kill') });
const refusals = fc.record({ do: fc.constant('refuse' as const) });

/** A box through its lives: one disk, one broker. */
class Box {
  readonly #disk: MemoryDisk;
  readonly #clock = new ManualClock();
  readonly #random: () => number;
  readonly #drainMessagesPerSecond: number;
  #store!: MemoryOutboxStore;
  #sender!: ScriptedSender;
  #outbox!: Outbox;
  /** What was sent, by key, in order. */
  readonly sent: OutgoingRecord[] = [];
  readonly kept = new Set<string>();
  readonly arrived: string[] = [];
  readonly refused = new Set<string>();
  /** Something made it impossible to know whether a record was written or sent before. */
  repeats = false;

  constructor(seed: number, drainMessagesPerSecond: number, disk = new MemoryDisk()) {
    this.#disk = disk;
    this.#random = seededRandom(seed);
    this.#drainMessagesPerSecond = drainMessagesPerSecond;
    this.#start();
  }

  get status() {
    return this.#outbox.status();
  }

  async take(step: Step): Promise<void> {
    if (step.do === 'send') this.#send(step.key, step.urgency);
    else if (step.do === 'confirm') this.#confirm(step.count);
    else if (step.do === 'give-back') this.#giveBack(step.count);
    else if (step.do === 'refuse') this.#refuse();
    else if (step.do === 'disk') this.#break(step.fault);
    else if (step.do === 'wait') await pass(this.#clock, step.ms);
    else await this.#end(step.do);
    await settled();
  }

  /** All works from now on, until there is nothing left to do. */
  async finish(): Promise<void> {
    this.#break(undefined);
    this.#send('c1', 'normal');
    for (let round = 0; round < 600 && (round < 20 || !this.#isDone); round += 1) {
      this.#confirm(1000);
      await pass(this.#clock, 500);
    }
    await this.#outbox.close();
  }

  get #isDone(): boolean {
    const { depth, inFlight, waiting } = this.status;
    return depth === 0 && inFlight === 0 && waiting.records === 0;
  }

  #start(): void {
    this.#store = new MemoryOutboxStore({ disk: this.#disk, nowMs: () => this.#clock.nowMs() });
    this.#sender = new ScriptedSender();
    this.#outbox = new Outbox(
      {
        settings: {
          outboxPath: '/unused',
          maxMegabytes: 2048,
          maxAgeHours: 168,
          drainMessagesPerSecond: this.#drainMessagesPerSecond,
          deadLetterMegabytes: 64,
        },
        sender: this.#sender,
        clock: this.#clock,
        random: this.#random,
        lines: new RecordedLines(),
      },
      this.#store,
    );
  }

  #send(key: string, urgency: OutgoingRecord['urgency']): void {
    const id = `${key}-${this.sent.length}`;
    const record: OutgoingRecord = { topic: 'detection-results', key, value: Buffer.from(id), id, urgency };
    this.sent.push(record);
    this.#outbox.send(record).then(
      () => this.kept.add(id),
      () => {},
    );
  }

  #confirm(count: number): void {
    this.#sender.confirm(count);
    this.#note();
  }

  #giveBack(count: number): void {
    this.#sender.giveBack(count);
    this.#note();
  }

  #note(): void {
    this.arrived.push(...this.#sender.arrived.splice(0).map(({ id }) => id));
  }

  #refuse(): void {
    const [id] = this.#sender.underWay;
    if (id === undefined) return;
    this.#sender.refuse(id);
    this.refused.add(id);
  }

  #break(fault: 'disk-full' | 'answer-lost' | 'store-lost' | undefined): void {
    if (fault === 'answer-lost') this.repeats = true;
    this.#store.fault = fault;
  }

  async #end(how: 'close' | 'kill'): Promise<void> {
    // What is with the sender may arrive, and nobody hears of it.
    this.repeats = true;
    if (how === 'close') {
      const closed = this.#outbox.close();
      await pass(this.#clock, 500);
      await closed;
    }
    this.#store.kill();
    this.#sender.forget();
    this.#start();
  }
}

function firstsOf(ids: readonly string[]): string[] {
  return [...new Set(ids)];
}

/** What of these arrived, each once, in the order in which it did. */
function arrivedOf({ arrived }: Box, records: readonly OutgoingRecord[]): string[] {
  const wanted = new Set(records.map(({ id }) => id));
  return firstsOf(arrived).filter((id) => wanted.has(id));
}

function inOrder(box: Box, records: readonly OutgoingRecord[]): void {
  const arrived = arrivedOf(box, records);
  const order = new Set(arrived);
  expect(arrived).toEqual(records.map(({ id }) => id).filter((id) => order.has(id)));
}

async function run(box: Box, steps: readonly Step[]): Promise<void> {
  for (const step of steps) await box.take(step);
  await box.finish();
}

function nothingLost(box: Box): void {
  const missing = [...box.kept].filter((id) => !box.arrived.includes(id) && !box.refused.has(id));
  expect(missing).toEqual([]);
}

/** What may happen to a box whose disk works. */
const usual = [
  { weight: 6, arbitrary: sends },
  { weight: 3, arbitrary: reports },
  { weight: 3, arbitrary: waits },
  { weight: 1, arbitrary: ends },
  { weight: 1, arbitrary: refusals },
];

/** Whatever happens, nothing is lost, and `check` finds nothing wrong. */
async function holds(happenings: fc.Arbitrary<unknown>, check: (box: Box) => void): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.array(happenings, { maxLength: 80 }), fc.integer(), async (steps, seed) => {
      const box = new Box(seed, 500);
      await run(box, steps as Step[]);
      nothingLost(box);
      check(box);
    }),
    { numRuns: 200 },
  );
}

describe('with a short backlog', () => {
  test('every record that was kept arrives, in order by camera; once, unless link and disk left it open', async () => {
    await holds(fc.oneof(...usual, { weight: 1, arbitrary: faults }), (box) => {
      if (!box.repeats) expect(box.arrived).toHaveLength(new Set(box.arrived).size);
    });
  });

  test('the order of each camera is kept, whatever link and process do', async () => {
    await holds(fc.oneof(...usual), (box) => {
      for (const key of ['c1', 'c2', 'c3']) {
        inOrder(
          box,
          // One that was refused may be accepted after a crash.
          box.sent.filter((record) => record.key === key && !box.refused.has(record.id)),
        );
      }
    });
  });
});

describe('with a long backlog', () => {
  /** What a process before this one has left. */
  const left = 300;

  function diskOf(highs: ReadonlySet<number>): MemoryDisk {
    const disk = new MemoryDisk();
    for (let seq = 1; seq <= left; seq += 1) {
      const id = `old-${seq}`;
      const urgency = highs.has(seq) ? 'high' : 'normal';
      const key = `c${seq % 3}`;
      disk.records.set(seq, {
        topic: 'detection-results',
        key,
        value: Buffer.from(id),
        id,
        urgency,
        seq,
        storedAtMs: 0,
      });
    }
    disk.newestSeq = left;
    return disk;
  }

  test('every record arrives once; each lane keeps its order', async () => {
    const anything = fc.oneof(
      { weight: 6, arbitrary: sends },
      { weight: 4, arbitrary: reports },
      { weight: 4, arbitrary: waits },
    );
    const highs = fc.uniqueArray(fc.integer({ min: 1, max: left }), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(fc.array(anything, { maxLength: 80 }), highs, fc.integer(), async (steps, high, seed) => {
        const disk = diskOf(new Set(high));
        const old: OutgoingRecord[] = [...disk.records.values()];
        const box = new Box(seed, 20, disk);
        expect(box.status.lanes).toEqual({ high: high.length, live: 0, backlog: left - high.length });
        await run(box, steps as Step[]);
        const all = [...old, ...box.sent].map(({ id }) => id);
        expect([...box.arrived].sort()).toEqual(all.sort());
        for (const key of ['c0', 'c1', 'c2', 'c3']) {
          for (const urgency of ['high', 'normal']) {
            inOrder(
              box,
              old.filter((record) => record.key === key && record.urgency === urgency),
            );
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});
