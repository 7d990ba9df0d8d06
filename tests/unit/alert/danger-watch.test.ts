import { beforeEach, expect, test } from 'vitest';
import { DangerWatch } from '../../../src/alert/danger-watch.ts';
import { ManualClock } from '../../../src/time/clock.ts';
import { assessment, thresholds } from '../../support/alerts.ts';
import { capturedAtMs } from '../../support/risk-messages.ts';

let clock: ManualClock;
let watch: DangerWatch;
let told: string[];

beforeEach(() => {
  clock = new ManualClock();
  told = [];
  let ids = 0;
  watch = new DangerWatch({
    clock,
    thresholds,
    settings: { minLevel: 'medium', continueMs: 30_000 },
    newId: () => {
      ids += 1;
      return `alert-${ids}`;
    },
    onChange: ({ change, alert }) => told.push(`${change} ${alert.id} ${alert.level}`),
  });
});

const low = { riskLevel: 'low', confidence: 0.5 } as const;
const medium = { riskLevel: 'medium', confidence: 0.7 } as const;
const none = { riskLevel: 'none', confidence: 0.1 } as const;

test('a danger begins, goes on and becomes worse as one alert; what is below the least level is none', () => {
  watch.assess(assessment({ is: low }));
  watch.assess(assessment({ is: medium }));
  watch.assess(assessment({ is: medium, capturedAtMs: capturedAtMs + 1000 }));
  watch.assess(assessment({ capturedAtMs: capturedAtMs + 2000 }));
  expect(told).toEqual(['began alert-1 medium', 'continued alert-1 medium', 'worsened alert-1 high']);
});

test('one that is found safe goes on within the window, and is a new one after it', () => {
  watch.assess(assessment());
  watch.assess(assessment({ is: none, capturedAtMs: capturedAtMs + 1000 }));
  watch.assess(assessment({ capturedAtMs: capturedAtMs + 2000 }));
  clock.advance(30_000);
  watch.assess(assessment({ capturedAtMs: capturedAtMs + 2500 }));
  expect(told).toEqual(['began alert-1 high', 'continued alert-1 high', 'began alert-2 high']);
});
