/** The page's one connection to the appliance: what comes goes into the store, what the operator does goes out. */
import type { CameraListEntry, ClientMessage, ServerMessage } from '../../../src/server/messages.ts';
import type { AlertStore } from '../alerts/alert-store.ts';
import type { CameraStore } from '../camera/camera-store.ts';
import { reconnectDelayMs } from './backoff.ts';
import { parsePictureFrame } from './picture-frame.ts';

/** The list carries what changes slowly: quality, rates, ages. */
const listPeriodMs = 3000;
const meetDelayMs = 150;

/** What is read while there is a connection. */
interface Polled {
  connected(): void;
  lost(): void;
}

export class Appliance {
  readonly #store: CameraStore;
  readonly #alerts: AlertStore;
  readonly #polled: readonly Polled[];
  readonly #onLost: () => void;
  #socket: WebSocket | undefined;
  #failures = 0;
  #listTimer: ReturnType<typeof setInterval> | undefined;
  #meetTimer: ReturnType<typeof setTimeout> | undefined;

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

  stopCamera(cameraId: string): void {
    this.#send({ type: 'stop_stream', data: { cameraId } });
  }

  /** False while there is no connection. */
  #send(message: ClientMessage): boolean {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
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
        if (this.#store.state(message.data)) this.#meet(message.data.cameraId);
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
      case 'error':
        this.#store.error(message.data.code, message.data.message);
    }
  }

  /** A camera that is new here: it is looked at, and what is known of it read soon, once for all that come together. */
  #meet(cameraId: string): void {
    this.#send({ type: 'watch', data: { cameraId } });
    clearTimeout(this.#meetTimer);
    this.#meetTimer = setTimeout(() => void this.#refreshList(), meetDelayMs);
  }

  #connected(): void {
    this.#failures = 0;
    this.#store.connected();
    void this.#alerts.connected();
    for (const one of this.#polled) one.connected();
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
    clearTimeout(this.#meetTimer);
    this.#store.lost();
    for (const one of this.#polled) one.lost();
    this.#onLost();
    setTimeout(() => this.connect(), reconnectDelayMs(this.#failures));
    this.#failures += 1;
  }
}
