/** Somebody who looks at all cameras of a box, and connects again where the box was killed. */
import { setTimeout as wait } from 'node:timers/promises';

/**
 * @typedef {object} Sight
 * @property {string} cameraId
 * @property {string} timestamp Of the frame's capture.
 * @property {number} atMs When it came, UTC.
 * @property {number} latencyMs From the capture.
 */

export class BoxViewer {
  #service;
  #cameraIds;
  /** @type {import('ws').WebSocket | undefined} */
  #socket;
  #isClosed = false;
  /** @type {Sight[]} Detections. */
  frames = [];
  /** @type {Sight[]} Dangers, each time that one was assessed; `timestamp` is that of the frame in which it was. */
  dangers = [];

  /**
   * @param {import('../service.js').Service} service
   * @param {number} cameras
   */
  constructor(service, cameras) {
    this.#service = service;
    this.#cameraIds = Array.from({ length: cameras }, (_, index) => `cam${index + 1}`);
  }

  /** Looks until it is closed. */
  async run() {
    while (!this.#isClosed) {
      try {
        await this.#look();
      } catch {
        await wait(20);
      }
    }
  }

  /**
   * Resolves when a danger was shown; throws where none is for so long.
   *
   * @param {number} limitMs
   */
  async untilDanger(limitMs) {
    const untilMs = performance.now() + limitMs;
    while (this.dangers.length === 0) {
      if (performance.now() > untilMs) {
        throw new Error(`no danger within ${limitMs} ms, ${this.frames.length} detections; ${this.#service.lastWords}`);
      }
      await wait(50);
    }
  }

  clear() {
    this.frames = [];
    this.dangers = [];
  }

  close() {
    this.#isClosed = true;
    this.#socket?.terminate();
  }

  async #look() {
    const socket = await this.#service.connect('frames=none&events=alert');
    this.#socket = socket;
    const closed = new Promise((resolve) => {
      socket.once('close', resolve);
      socket.once('error', resolve);
    });
    socket.on('message', (data, isBinary) => {
      if (!isBinary) this.#hear(JSON.parse(String(data)));
    });
    for (const cameraId of this.#cameraIds) socket.send(JSON.stringify({ type: 'watch', data: { cameraId } }));
    if (this.#isClosed) socket.terminate();
    await closed;
  }

  /** @param {{type: string, data: any}} message */
  #hear({ type, data }) {
    const atMs = Date.now();
    const sight = (/** @type {string} */ timestamp) => ({
      cameraId: data.cameraId,
      timestamp,
      atMs,
      latencyMs: atMs - Date.parse(timestamp),
    });
    if (type === 'detection_result') this.frames.push(sight(data.timestamp));
    else if (type === 'alert' && ['began', 'continued', 'worsened'].includes(data.change)) {
      this.dangers.push(sight(data.lastSeen));
    }
  }
}
