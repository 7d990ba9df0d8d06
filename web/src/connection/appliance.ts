/** The page's one connection to the appliance: what comes goes into the store, what the operator does goes out. */
import type { CameraListEntry, ClientMessage, ServerMessage } from '../../../src/server/messages.ts';
import type { CameraStore } from '../camera/camera-store.ts';
import { reconnectDelayMs } from './backoff.ts';
import { parsePictureFrame } from './picture-frame.ts';

/** The list carries what changes slowly: quality, rates, ages. */
const listPeriodMs = 3000;

type StatusAnswer = Extract<ServerMessage, { type: 'camera_status' }>['data'];

export class Appliance {
  readonly #store: CameraStore;
  #socket: WebSocket | undefined;
  #failures = 0;
  #listTimer: ReturnType<typeof setInterval> | undefined;
  readonly #checks = new Map<string, (answer: StatusAnswer) => void>();

  constructor(store: CameraStore) {
    this.#store = store;
  }

  connect(): void {
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
    const socket = new WebSocket(`${scheme}://${location.host}/ws?frames=none&pictures=binary`);
    socket.binaryType = 'arraybuffer';
    socket.onmessage = ({ data }) => this.#receive(data);
    socket.onclose = () => this.#lost();
    this.#socket = socket;
  }

  startCamera(cameraId: string, rtspUrl: string): void {
    this.#send({ type: 'start_stream', data: { cameraId, rtspUrl } });
    this.#store.want(cameraId);
  }

  stopCamera(cameraId: string): void {
    this.#send({ type: 'stop_stream', data: { cameraId } });
  }

  /** Asks the appliance whether it can reach a camera; the answer comes when it knows. */
  checkCamera(cameraId: string, rtspUrl: string): Promise<StatusAnswer> {
    this.#send({ type: 'check_camera', data: { cameraId, rtspUrl } });
    return new Promise((resolve) => this.#checks.set(cameraId, resolve));
  }

  #send(message: ClientMessage): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #receive(data: string | ArrayBuffer): void {
    if (typeof data !== 'string') {
      const frame = parsePictureFrame(data);
      if (frame) this.#store.picture(frame);
      return;
    }
    const message = JSON.parse(data) as ServerMessage;
    switch (message.type) {
      case 'connection_ack':
        this.#connected();
        return;
      case 'camera_state':
        if (this.#store.state(message.data)) this.#watch(message.data.cameraId);
        return;
      case 'detection_result':
        this.#store.detection(message.data);
        return;
      case 'stream_stopped':
        this.#store.stopped(String(message.data.cameraId));
        return;
      case 'camera_status':
        this.#checks.get(String(message.data.cameraId))?.(message.data);
        this.#checks.delete(String(message.data.cameraId));
        return;
      case 'error':
        this.#store.error(message.data.code, message.data.message);
    }
  }

  #watch(cameraId: string): void {
    this.#send({ type: 'watch', data: { cameraId } });
  }

  #connected(): void {
    this.#failures = 0;
    this.#store.connected();
    clearInterval(this.#listTimer);
    this.#listTimer = setInterval(() => void this.#refreshList(), listPeriodMs);
    void this.#refreshList();
  }

  async #refreshList(): Promise<void> {
    if (document.hidden) return;
    try {
      const answer = await fetch('/api/cameras');
      const { data } = (await answer.json()) as { data: { cameras: CameraListEntry[] } };
      this.#store.list(data.cameras);
    } catch {
      // The connection's own state tells that the appliance is away.
    }
  }

  #lost(): void {
    clearInterval(this.#listTimer);
    this.#checks.clear();
    this.#store.lost();
    setTimeout(() => this.connect(), reconnectDelayMs(this.#failures));
    this.#failures += 1;
  }
}
