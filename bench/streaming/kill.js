/**
 * kill -9 of each role while load runs: whatever was accepted must be a task, an answer and a joined detection in the end; what
 * comes twice may be no more than what was in hand at the kill, and is known by its id. The topics are read by a checker of
 * its own (topic-log.js).
 */
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { preparedClips, RtspServer } from '../prepare.js';
import { rounded, spread, spreadText } from '../statistics.js';
import { BoxViewer } from './box-viewer.js';
import { DetectionFeed, PlainProducer } from './feed.js';
import { JoinedLog } from './joined-log.js';
import { isNothingLost, ledger } from './kill-ledger.js';
import { waitingIn } from './outbox-file.js';
import { Site } from './site.js';
import { table } from './table.js';
import { Group, TopicLog } from './topic-log.js';

const load = { cameras: 16, perSecond: 20, pictureBytes: 10_000 };
const interval = 1;
/** A process is killed within so long after it has come to work again. */
const longestLifeMs = 2000;
/** What it had sent is read here within this time. */
const lastWordsMs = 500;
/** What it had in hand comes again within this time, when it works again. */
const repeatsMs = 1000;
const backLimitMs = 30_000;
const settleLimitMs = 60_000;
/** Of each kill, all in all; no other is begun when all of them would have been made by now. */
const killLimitMs = 15_000;

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
 *
 * @typedef {object} Tools
 * @property {Site} site
 * @property {TopicLog} log
 * @property {number} kills
 * @property {Set<string>} onDisk Request ids that the killed box had on its disk.
 */

/** @param {import('../streaming.js').StreamingOptions} options */
export async function kill({ kills, cameras = 2, print }) {
  const site = await Site.open(['--latency-ms', '50']);
  const joined = await JoinedLog.start();
  const rtsp = await RtspServer.start(await preparedClips('720p5', 150), cameras);
  const log = await TopicLog.open(site.address);
  const producer = await PlainProducer.open(site.address);
  const services = await startRoles(site, rtsp.urls(cameras), joined.url);
  const viewer = new BoxViewer(services.detector, cameras);
  const looking = viewer.run();
  const feed = new DetectionFeed(producer, load);
  const works = worksOf(log, joined);
  /** @type {Tools} */
  const tools = { site, log, kills, onDisk: new Set() };
  try {
    for (const [name, work] of Object.entries(works)) {
      await log.expect(`the ${name} works`, () => work.made() > 0, backLimitMs);
    }
    const names = /** @type {(keyof typeof services)[]} */ (Object.keys(services));
    // Side by side: some are away while others are.
    const killed = await Promise.all(
      names.map(
        async (name) =>
          /** @type {const} */ ([name, await killAgainAndAgain(tools, name, services[name], works[name])]),
      ),
    );
    feed.stop();
    await log.until(() => feed.underWay === 0, settleLimitMs);
    viewer.close();
    await looking;
    const accounts = () => ledger({ onDisk: tools.onDisk, fed: feed.accepted, log, joined });
    await log.until(() => accounts().detector?.lost === 0, settleLimitMs);
    // From now on nothing new comes.
    await site.stop(services.detector);
    await log.until(() => isNothingLost(accounts()), settleLimitMs);
    // What comes twice would come by now.
    await wait(3000);
    const figures = {
      kills,
      roles: Object.fromEntries(killed.map(([name, all]) => [name, { ...accounts()[name], ...summary(all) }])),
      broker: accounts().broker,
      wrong: log.wrong,
      unrecognised_repeats: log.unrecognised,
      detector: unseen(viewer, log),
    };
    print(text(figures));
    return figures;
  } finally {
    feed.stop();
    viewer.close();
    await site.close();
    await Promise.all([rtsp.close(), log.close(), producer.close(), joined.close()]);
  }
}

/**
 * @param {Site} site
 * @param {readonly string[]} urls Of the detector's cameras.
 * @param {string} redisUrl
 */
async function startRoles(site, urls, redisUrl) {
  const detectorSettings = { analysis: { intervalMs: interval * 1000 } };
  return {
    detector: await site.start(['detector'], { urls, interval, settings: detectorSettings }),
    'task-generator': await site.start(['task-generator']),
    'llm-scheduler': await site.start(['llm-scheduler']),
    'result-aggregator': await site.start(['result-aggregator'], { settings: { redis: { url: redisUrl } } }),
  };
}

/**
 * @param {TopicLog} log
 * @param {JoinedLog} joined
 * @returns {Record<'detector' | 'task-generator' | 'llm-scheduler' | 'result-aggregator', Work>}
 */
function worksOf(log, joined) {
  let ofCameras = 0;
  log.onEntry((topic, _id, { cameraId }) => {
    if (topic === 'detection-results' && cameraId.startsWith('cam')) ofCameras += 1;
  });
  const size = (/** @type {import('./topic-log.js').TopicName} */ topic) => log.entries[topic]?.size ?? 0;
  const repeats = (/** @type {import('./topic-log.js').TopicName} */ topic) => log.repeats[topic] ?? 0;
  return {
    detector: { made: () => ofCameras, repeats: () => repeats('detection-results') },
    'task-generator': {
      reads: 'detection-results',
      made: () => size('assessment-tasks'),
      repeats: () => repeats('assessment-tasks'),
    },
    'llm-scheduler': {
      reads: 'assessment-tasks',
      made: () => size('risk-assessment-results'),
      repeats: () => repeats('risk-assessment-results'),
    },
    'result-aggregator': { reads: 'detection-results', made: () => joined.size, repeats: () => joined.repeats },
  };
}

/**
 * @param {Tools} tools
 * @param {string} name
 * @param {import('../service.js').Service} service
 * @param {Work} work
 */
async function killAgainAndAgain({ site, log, kills, onDisk }, name, service, { reads, made, repeats }) {
  const group = reads === undefined ? undefined : await Group.open(site.address, `roadwatch-${name}`);
  const untilMs = performance.now() + kills * killLimitMs;
  /** @type {Killed[]} */
  const all = [];
  while (all.length < kills && performance.now() < untilMs) {
    await wait(Math.random() * longestLifeMs);
    const repeatsBefore = repeats();
    await service.kill();
    const [killedMs, killedAtMs] = [performance.now(), Date.now()];
    const waiting = name === 'detector' ? waitingIn(join(service.folder, 'roadwatch')) : [];
    for (const requestId of waiting) onDisk.add(requestId);
    service.startAgain();
    await wait(lastWordsMs);
    const left = group && reads ? await log.uncommitted(group, reads, killedAtMs) : undefined;
    // A task for each group, one of everything else.
    const inHand = (name === 'task-generator' ? left?.groups : left?.messages) ?? waiting.length;
    const madeBefore = made();
    await log.expect(`the ${name} works again`, () => made() > madeBefore, backLimitMs);
    const backMs = Math.round(performance.now() - killedMs);
    await wait(repeatsMs);
    all.push({ backMs, inHand, repeats: repeats() - repeatsBefore });
    if (all.length % 10 === 0) console.error(`${name}: killed ${all.length} times`);
  }
  await group?.close();
  return all;
}

/** @param {readonly Killed[]} all */
function summary(all) {
  return {
    killed: all.length,
    back_s: spread(all.map(({ backMs }) => rounded(backMs / 1000, 1))),
    in_hand: spread(all.map(({ inHand }) => inHand)),
    repeated: all.reduce((sum, { repeats }) => sum + repeats, 0),
    repeated_a_kill: spread(all.map(({ repeats }) => repeats)),
    kills_with_more_repeats_than_in_hand: all.filter(({ inHand, repeats }) => repeats > inHand).length,
  };
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
  return { shown: viewer.frames.length, shown_and_not_sent: missing.length };
}

/** @param {Awaited<ReturnType<typeof kill>>} figures */
function text({ roles, broker, wrong, unrecognised_repeats, detector }) {
  const columns = [
    'killed',
    'times',
    'accepted',
    'given',
    'lost',
    'came twice',
    'in hand at a kill',
    'twice after a kill',
    'more twice than in hand',
    'works again after, s',
  ];
  const rows = Object.entries(roles).map(([name, one]) => [
    name,
    one.killed,
    one.accepted,
    one.given,
    one.lost,
    one.repeated,
    spreadText(one.in_hand),
    spreadText(one.repeated_a_kill),
    one.kills_with_more_repeats_than_in_hand,
    spreadText(one.back_s),
  ]);
  return [
    table(columns, rows),
    `confirmed by the broker ${broker?.accepted}, in the topic ${broker?.given}; messages with a wrong key or id ${wrong}; ` +
      `repeats that nobody could tell by their id ${unrecognised_repeats}`,
    `the killed detector showed ${detector.shown} frames; ${detector.shown_and_not_sent} of them had not got to its disk`,
    '',
  ].join('\n');
}
