/** How soon the first result comes: from the start of the process, and of a camera that is added to ninety-nine. */
import { on } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import WebSocket from 'ws';
import { machine } from './compare.js';
import { preparedClips, RtspServer } from './prepare.js';
import { Service } from './service.js';

const othersRunning = 99;
/** Spread, so that the others are at work and not still starting. */
const settleSeconds = 15;

/** @param {{runs: number, interval: number, profile: string}} options */
export async function start({ runs, interval, profile }) {
  const server = await RtspServer.start(await preparedClips(profile, 0), othersRunning + 1);
  const urls = Array.from({ length: othersRunning + 1 }, (_, index) => server.url.replaceAll('{n}', String(index + 1)));
  try {
    /** @type {number[]} */
    const processMs = [];
    for (let run = 0; run < runs; run += 1) processMs.push(await firstOfProcess(urls.slice(0, 1), interval));
    const addedMs = await firstOfAdded(urls, interval);
    const sorted = processMs.toSorted((a, b) => a - b);
    console.log(`process start to first result: ${sorted[Math.floor(runs / 2)]} ms (${sorted[0]} … ${sorted.at(-1)})`);
    console.log(`camera ${othersRunning + 1}, added to ${othersRunning}: first result after ${addedMs} ms`);
    console.log(JSON.stringify({ profile, interval, machine: machine(), process_ms: processMs, added_ms: addedMs }));
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
    const socket = await connect(service);
    socket.send(JSON.stringify({ type: 'watch', data: { cameraId: 'cam1' } }));
    await resultOf(socket, 'cam1');
    socket.terminate();
    return Math.round(performance.now() - startedMs);
  } finally {
    await service.stop();
  }
}

/**
 * @param {readonly string[]} urls
 * @param {number} interval
 */
async function firstOfAdded(urls, interval) {
  const service = await Service.start(urls.slice(0, othersRunning), { interval });
  try {
    await wait(settleSeconds * 1000);
    const socket = await connect(service);
    const startedMs = performance.now();
    socket.send(JSON.stringify({ type: 'start_stream', data: { cameraId: 'added', rtspUrl: urls[othersRunning] } }));
    await resultOf(socket, 'added');
    socket.terminate();
    return Math.round(performance.now() - startedMs);
  } finally {
    await service.stop();
  }
}

/** @param {Service} service */
async function connect(service) {
  for (;;) {
    const socket = new WebSocket(`ws://127.0.0.1:${service.port}/ws?frames=none`);
    const opened = await new Promise((resolve) => {
      socket.once('open', () => resolve(true));
      // The service does not listen yet.
      socket.once('error', () => resolve(false));
    });
    if (opened) return socket;
    await wait(5);
  }
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
