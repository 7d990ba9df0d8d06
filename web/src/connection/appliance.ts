/** The page's one connection to the appliance: what comes goes into the store, what the operator does goes out. */
import type { CameraListEntry, ClientMessage, ServerMessage } from '../../../src/server/messages.ts';
import type { AlertStore } from '../alerts/alert-store.ts';
import type { CameraStore } from '../camera/camera-store.ts';
import { reconnectDelayMs } from './backoff.ts';
import { parsePictureFrame } from './picture-frame.ts';

/** The list carries what changes slowly: quality, rates, ages. */
const listPeriodMs = 3000;

/** What is read while there is a connection. */
interface Polled {
  connected(): void;
  lost(): void;
}

type StatusAnswer = Extract<ServerMessage, { type: 'camera_status' }>['data'];

export class Appliance {
  readonly #store: CameraStore;
  readonly #alerts: AlertStore;
  readonly #polled: readonly Polled[];
  readonly #onLost: () => void;
  #socket: WebSocket | undefined;
  #failures = 0;
  #listTimer: ReturnType<typeof setInterval> | undefined;
  readonly #checks = new Map<string, (answer: StatusAnswer) => void>();
  /** Cameras that this page started: they end with its connection, and are started again with the next. */
  readonly #started = new Map<string, string>();

  /** `onLost`: the connection has ended. */
  constructor(store: CameraStore, alerts: AlertStore, polled: readonly Polled[], onLost: () => void) {
    this.#store = store;
    this.#alerts = alerts;
    this.#polled = polled;
    this.#onLost = onLost;
  }

  connect(): void {
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
    const socket = new WebSocket(`${scheme}://${location.host}/ws?frames=none&pictures=binary&events=state,alert`);
    socket.binaryType = 'arraybuffer';
    socket.onmessage = ({ data }) => this.#receive(data);
    socket.onclose = () => this.#lost();
    this.#socket = socket;
  }

  startCamera(cameraId: string, rtspUrl: string): void {
    this.#started.set(cameraId, rtspUrl);
    this.#send({ type: 'start_stream', data: { cameraId, rtspUrl } });
    this.#store.want(cameraId);
  }

  stopCamera(cameraId: string): void {
    this.#started.delete(cameraId);
    this.#send({ type: 'stop_stream', data: { cameraId } });
  }

  /** Asks the appliance whether it can reach a camera; the answer comes when it knows. */
  checkCamera(cameraId: string, rtspUrl: string): Promise<StatusAnswer> {
    return new Promise((resolve) => {
      this.#checks.set(cameraId, resolve);
      if (!this.#send({ type: 'check_camera', data: { cameraId, rtspUrl } })) this.#endChecks('no connection');
    });
  }

  /** False while there is no connection. */
  #send(message: ClientMessage): boolean {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  /** A check that gets no answer of its own ends with what went wrong. */
  #endChecks(message: string): void {
    for (const [cameraId, resolve] of this.#checks) resolve({ cameraId, status: 0, message });
    this.#checks.clear();
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
      case 'alert':
        this.#alerts.receive(message.data);
        return;
      case 'stream_stopped':
        // Ended with the service, a camera comes back with it.
        if (message.data.reason === 'stopped') this.#store.stopped(String(message.data.cameraId));
        return;
      case 'camera_status':
        this.#checks.get(String(message.data.cameraId))?.(message.data);
        this.#checks.delete(String(message.data.cameraId));
        return;
      case 'error':
        if (message.data.cameraId !== undefined) this.#started.delete(String(message.data.cameraId));
        this.#endChecks(message.data.message);
        this.#store.error(message.data.code, message.data.message);
    }
  }

  #watch(cameraId: string): void {
    this.#send({ type: 'watch', data: { cameraId } });
  }

  #connected(): void {
    this.#failures = 0;
    this.#store.connected();
    void this.#alerts.connected();
    for (const one of this.#polled) one.connected();
    for (const [cameraId, rtspUrl] of this.#started) this.startCamera(cameraId, rtspUrl);
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
    this.#endChecks('the connection broke');
    this.#store.lost();
    for (const one of this.#polled) one.lost();
    this.#onLost();
    setTimeout(() => this.connect(), reconnectDelayMs(this.#failures));
    this.#failures += 1;
  }
}
