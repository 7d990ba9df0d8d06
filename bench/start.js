/**
 * How soon the first result comes: from the start of the process (its camera sends a keyframe at once), and of a camera
 * that is added to ninety-nine.
 */
import { on } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { machine } from './compare.js';
import { preparedClips, RtspServer } from './prepare.js';
import { Service } from './service.js';
import { rounded, spread, spreadText } from './statistics.js';

const othersRunning = 99;
/** Spread, so that the others are at work and not still starting. */
const settleSeconds = 15;

/** @typedef {import('ws').WebSocket} WebSocket */

/** @param {{runs: number, interval: number, profile: string}} options */
export async function start({ runs, interval, profile }) {
  const server = await RtspServer.start(await preparedClips(profile, 0), othersRunning);
  const urls = server.urls(othersRunning);
  try {
    /** @type {number[]} */
    const processMs = [];
    for (let run = 0; run < runs; run += 1) processMs.push(await firstOfProcess(urls.slice(0, 1), interval));
    const addedMs = await firstOfAdded(urls, interval, runs);
    const addedIntervals = addedMs.map((ms) => rounded(ms / 1000 / interval, 2));
    console.log(`process start to first result: ${spreadText(spread(processMs))} ms`);
    const inIntervals = spreadText(spread(addedIntervals));
    console.log(
      `camera ${othersRunning + 1}, added to ${othersRunning}: ${spreadText(spread(addedMs))} ms, ${inIntervals} intervals`,
    );
    const figures = { process_ms: processMs, added_ms: addedMs, added_intervals: addedIntervals };
    console.log(JSON.stringify({ profile, interval, runs, machine: machine(), ...figures }));
  } finally {
    await server.close();
  }
}

/**
 * @param {readonly string[]} urls
 * @param {number} interval
 */
async function firstOfProcess(urls, interval) {
  const startedMs = performance.now();
  const service = await Service.start(urls, { interval });
  try {
    const socket = await service.connect('frames=none');
    send(socket, 'watch', { cameraId: 'cam1' });
    await resultOf(socket, 'cam1');
    socket.terminate();
    return Math.round(performance.now() - startedMs);
  } finally {
    await service.stop();
  }
}

/**
 * Added, and taken away again, so many times: each time at another moment of the others' intervals. It is one that plays
 * already, so that its next keyframe comes when it comes.
 *
 * @param {readonly string[]} urls
 * @param {number} interval
 * @param {number} runs
 */
async function firstOfAdded(urls, interval, runs) {
  const service = await Service.start(urls, { interval });
  try {
    await wait(settleSeconds * 1000);
    const socket = await service.connect('frames=none');
    /** @type {number[]} */
    const tookMs = [];
    for (let run = 1; run <= runs; run += 1) {
      const cameraId = `added-${run}`;
      const startedMs = performance.now();
      send(socket, 'start_stream', { cameraId, rtspUrl: urls[run % urls.length] });
      await resultOf(socket, cameraId);
      tookMs.push(Math.round(performance.now() - startedMs));
      send(socket, 'stop_stream', { cameraId });
      await wait((interval * 1000 * run) / runs);
    }
    socket.terminate();
    return tookMs;
  } finally {
    await service.stop();
  }
}

/**
 * @param {WebSocket} socket
 * @param {string} type
 * @param {object} data
 */
function send(socket, type, data) {
  socket.send(JSON.stringify({ type, data }));
}

/**
 * @param {WebSocket} socket
 * @param {string} cameraId
 */
async function resultOf(socket, cameraId) {
  for await (const [message] of on(socket, 'message')) {
    const { type, data } = JSON.parse(String(message));
    if (type === 'error') throw new Error(`${data.code}: ${data.message}`);
    if (type === 'detection_result' && data.cameraId === cameraId) return;
  }
}
