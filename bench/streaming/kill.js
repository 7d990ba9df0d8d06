/**
 * kill -9 of each role while load runs: what the broker has confirmed must be a task, an answer and a joined detection in the
 * end; what comes twice may be no more than what was in hand at the kill.
 */
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { preparedClips, RtspServer } from '../prepare.js';
import { spread, spreadText } from '../statistics.js';
import { BoxViewer } from './box-viewer.js';
import { DetectionFeed, PlainProducer } from './feed.js';
import { JoinedLog } from './joined-log.js';
import { waitingIn } from './outbox-file.js';
import { Site } from './site.js';
import { table } from './table.js';
import { Group, TopicLog } from './topic-log.js';

const load = { cameras: 16, perSecond: 20, pictureBytes: 10_000 };
const interval = 1;
/** A process is killed within so long after it has come to work again. */
const longestLifeMs = 2000;
/** What is there longest until a process that was started anew works. */
const lastWordsMs = 500;
const backLimitMs = 30_000;
const settleLimitMs = 60_000;

/**
 * @typedef {object} Work What a role reads, and what it makes of it.
 * @property {import('./topic-log.js').TopicName} [reads]
 * @property {() => number} made
 * @property {() => number} repeats
 *
 * @typedef {object} Killed
 * @property {number} backMs From the kill to the first that it made afterwards.
 * @property {number} inHand What it had read and not committed.
 * @property {number} repeats What came twice before the next kill of the role.
 */

/** @param {import('../streaming.js').StreamingOptions} options */
export async function kill({ kills, cameras = 2 }) {
  const site = await Site.open(['--latency-ms', '50']);
  const joined = await JoinedLog.start();
  const rtsp = await RtspServer.start(await preparedClips('720p5', 150), cameras);
  const log = await TopicLog.open(site.address);
  const producer = await PlainProducer.open(site.address);
  const settings = { redis: { url: joined.url } };
  const urls = rtsp.urls(cameras);
  const services = {
    detector: await site.start(['detector'], {
      urls,
      interval,
      settings: { analysis: { intervalMs: interval * 1000 } },
    }),
    'task-generator': await site.start(['task-generator']),
    'llm-scheduler': await site.start(['llm-scheduler']),
    'result-aggregator': await site.start(['result-aggregator'], { settings }),
  };
  const viewer = new BoxViewer(services.detector, cameras);
  const looking = viewer.run();
  const feed = new DetectionFeed(producer, load);
  let ofCameras = 0;
  /** @type {Set<string>} Detections that the killed detector had on its disk. */
  const onDisk = new Set();
  log.onEntry((topic, _id, { cameraId }) => {
    if (topic === 'detection-results' && cameraId.startsWith('cam')) ofCameras += 1;
  });
  const size = (/** @type {import('./topic-log.js').TopicName} */ topic) => log.entries[topic]?.size ?? 0;
  /** @type {Record<keyof typeof services, Work>} */
  const works = {
    detector: {
      made: () => ofCameras,
      repeats: () => log.repeats['detection-results'] ?? 0,
    },
    'task-generator': {
      reads: 'detection-results',
      made: () => size('assessment-tasks'),
      repeats: () => log.repeats['assessment-tasks'] ?? 0,
    },
    'llm-scheduler': {
      reads: 'assessment-tasks',
      made: () => size('risk-assessment-results'),
      repeats: () => log.repeats['risk-assessment-results'] ?? 0,
    },
    'result-aggregator': { reads: 'detection-results', made: () => joined.size, repeats: () => joined.repeats },
  };
  try {
    for (const work of Object.values(works)) await log.until(() => work.made() > 0, backLimitMs);
    const names = /** @type {(keyof typeof services)[]} */ (Object.keys(services));
    // Side by side: some are away while others are.
    const killed = await Promise.all(
      names.map(
        async (name) => /** @type {const} */ ([name, await killAgainAndAgain(name, services[name], works[name])]),
      ),
    );
    feed.stop();
    await log.until(() => feed.underWay === 0, settleLimitMs);
    viewer.close();
    await looking;
    const lost = () => lostOf(feed, onDisk, log, joined);
    await log.until(() => Object.values(lost()).every((count) => count === 0), settleLimitMs);
    // What comes twice would come by now.
    await wait(3000);
    const figures = {
      kills,
      accepted: feed.accepted.size,
      on_disk: onDisk.size,
      lost: lost(),
      wrong: log.wrong,
      detector: unseen(viewer, log),
      roles: Object.fromEntries(killed),
    };
    print(figures);
    return figures;
  } finally {
    feed.stop();
    viewer.close();
    await site.close();
    await Promise.all([rtsp.close(), log.close(), producer.close(), joined.close()]);
  }

  /**
   * @param {string} name
   * @param {import('../service.js').Service} service
   * @param {Work} work
   */
  async function killAgainAndAgain(name, service, { reads, made, repeats }) {
    const group = reads === undefined ? undefined : await Group.open(site.address, `roadwatch-${name}`);
    /** @type {Killed[]} */
    const all = [];
    for (let number = 1; number <= kills; number += 1) {
      await wait(Math.random() * longestLifeMs);
      const repeatsBefore = repeats();
      await service.kill();
      const [killedMs, killedAtMs] = [performance.now(), Date.now()];
      const waiting = name === 'detector' ? waitingIn(join(service.folder, 'roadwatch')) : [];
      for (const requestId of waiting) onDisk.add(requestId);
      service.startAgain();
      // Until what it had sent is read here.
      await wait(lastWordsMs);
      const left = group && reads ? await log.uncommitted(group, reads, killedAtMs) : undefined;
      // A task for each group, one of everything else.
      const inHand = (name === 'task-generator' ? left?.groups : left?.messages) ?? waiting.length;
      const madeBefore = made();
      await log.until(() => made() > madeBefore, backLimitMs);
      const backMs = Math.round(performance.now() - killedMs);
      // What it had in hand comes again at once.
      await wait(1000);
      all.push({ backMs, inHand, repeats: repeats() - repeatsBefore });
      if (number % 10 === 0) console.error(`${name}: killed ${number} times`);
    }
    await group?.close();
    return all;
  }
}

/**
 * What is missing of the accepted detections, and of those that were on the disk of a killed box.
 *
 * @param {DetectionFeed} feed
 * @param {ReadonlySet<string>} onDisk
 * @param {TopicLog} log
 * @param {JoinedLog} joined
 */
function lostOf(feed, onDisk, log, joined) {
  const lost = { onDisk: 0, detections: 0, tasks: 0, results: 0, joined: 0 };
  for (const requestId of onDisk) if (!log.entries['detection-results']?.has(requestId)) lost.onDisk += 1;
  for (const requestId of feed.accepted.keys()) {
    if (!log.entries['detection-results']?.has(requestId)) lost.detections += 1;
    if (!log.entries['assessment-tasks']?.has(`${requestId}_1`)) lost.tasks += 1;
    if (!log.entries['risk-assessment-results']?.has(`${requestId}_1_result`)) lost.results += 1;
    if (!joined.has(requestId)) lost.joined += 1;
  }
  return lost;
}

/**
 * What the viewer of the killed box was shown and the topic has not: it was in the memory of the process.
 *
 * @param {BoxViewer} viewer
 * @param {TopicLog} log
 */
function unseen(viewer, log) {
  const there = new Set(
    [...(log.entries['detection-results']?.values() ?? [])].map(
      ({ cameraId, timestamp }) => `${cameraId} ${timestamp}`,
    ),
  );
  const missing = viewer.frames.filter(({ cameraId, timestamp }) => !there.has(`${cameraId} ${timestamp}`));
  return { shown: viewer.frames.length, shownAndNotSent: missing.length };
}

/** @param {{accepted: number, on_disk: number, lost: object, wrong: number, detector: {shown: number, shownAndNotSent: number}, roles: Record<string, Killed[]>}} figures */
function print({ accepted, on_disk, lost, wrong, detector, roles }) {
  const columns = ['killed', 'times', 'works again after, s', 'in hand', 'came twice', 'more twice than in hand'];
  const rows = Object.entries(roles).map(([name, all]) => [
    name,
    all.length,
    spreadText(spread(all.map(({ backMs }) => Math.round(backMs / 100) / 10))),
    spreadText(spread(all.map(({ inHand }) => inHand))),
    spreadText(spread(all.map(({ repeats }) => repeats))),
    all.filter(({ inHand, repeats }) => repeats > inHand).length,
  ]);
  console.log(table(columns, rows));
  console.log(
    `accepted ${accepted} detections, ${on_disk} were on the disk of the killed box; lost ${JSON.stringify(lost)}; with a wrong key or id ${wrong}`,
  );
  console.log(
    `the killed detector showed ${detector.shown} frames, ${detector.shownAndNotSent} of them are in no topic\n`,
  );
}
