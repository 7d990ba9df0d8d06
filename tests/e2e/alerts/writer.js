/**
 * A service that does nothing but write alerts, to be killed: the real desk on the real store in its worker, fed as fast as
 * it goes. Every alert that viewers would be told of is a line on stdout: id, revision, how long its picture is.
 *   node writer.js DATABASE
 */
import { randomUUID } from 'node:crypto';
import { AlertDesk } from '../../../dist/alert/alert-desk.js';
import { WorkerAlertStore } from '../../../dist/alert/store/worker-alert-store.js';
import { realClock } from '../../../dist/time/clock.js';

const cameras = 6;
const roundMs = 1;
const picture = Buffer.alloc(20_000, 0x5a);

const store = await WorkerAlertStore.start({
  path: process.argv[2] ?? '',
  limits: { maxAgeMs: 1e12, maxBytes: 1e10, maxAlerts: 1e6 },
  clock: realClock,
  onTrouble: (code, message) => complain(`${code}: ${message}`),
});
const desk = await AlertDesk.open({
  store,
  clock: realClock,
  thresholds: { low: 0.45, medium: 0.65, high: 0.8 },
  settings: { pauseMs: 3000, minLevel: 'low', continueMs: 30_000 },
  newId: randomUUID,
  onTrouble: (code, message) => complain(`${code}: ${message}`),
});
desk.onChange(({ alert, stored }) => {
  if (stored)
    process.stdout.write(`${alert.id} ${alert.revision} ${alert.pictureRevision === undefined ? 0 : picture.length}\n`);
});
process.stdout.write('ready\n');
feed(0);

/** New dangers, and old ones that go on: both kinds of writes are under way whenever the end comes. */
function feed(round) {
  for (let camera = 0; camera < cameras; camera += 1) {
    const kind = camera % 2 === 0 ? `kind ${round}` : 'close_proximity';
    desk.assess(assessment(camera, round, kind));
  }
  setTimeout(feed, roundMs, round + 1);
}

function assessment(camera, round, kind) {
  return {
    requestId: randomUUID(),
    cameraId: `camera-${camera}`,
    capturedAtMs: Date.now(),
    risk: {
      groupIndex: 1,
      description: `round ${round}`,
      riskLevel: 'high',
      confidence: 0.9,
      riskTypes: [kind],
      dangerObjectCount: 2,
      triggerObjectIds: [],
      source: 'rules',
    },
    llmLatency: 0,
    llmModel: '',
    llmRawText: '',
    picture: picture.toString('base64'),
  };
}

function complain(words) {
  process.stderr.write(`${words}\n`);
}
