/** A plain WebSocket client that knows only the wire contract: JSON text frames of `{type, data}`. */
import { once } from 'node:events';
import WebSocket from 'ws';

/** Only a guard against a hanging test. */
const waitGuardMs = 30_000;

export interface ServerMessage {
  readonly type: string;
  // The contract's fields differ by type; tests look at those that they assert.
  // biome-ignore lint/suspicious/noExplicitAny: a client that knows the contract alone has no types of ours
  readonly data: any;
}

interface Waiter {
  readonly matches: (message: ServerMessage) => boolean;
  readonly resolve: (message: ServerMessage) => void;
}

export class Viewer {
  readonly socket: WebSocket;
  readonly messages: ServerMessage[] = [];
  readonly binary: Buffer[] = [];
  readonly #waiters = new Set<Waiter>();

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data, isBinary) => {
      if (isBinary) {
        this.binary.push(data as Buffer);
        return;
      }
      this.#receive(JSON.parse(data.toString()) as ServerMessage);
    });
  }

  /** Connects to `/ws` with this query, for example `frames=none`. */
  static async connect(url: string, query = '', headers: Readonly<Record<string, string>> = {}): Promise<Viewer> {
    const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/ws${query && `?${query}`}`, { headers });
    const viewer = new Viewer(socket);
    await once(socket, 'open');
    return viewer;
  }

  send(type: string, data?: object): void {
    this.socket.send(JSON.stringify(data === undefined ? { type } : { type, data }));
  }

  sendRaw(text: string | Buffer): void {
    this.socket.send(text);
  }

  /** The first message that matches, received already or still to come. */
  waitFor(type: string, matches: (data: ServerMessage['data']) => boolean = () => true): Promise<ServerMessage> {
    return this.#wait((message) => message.type === type && matches(message.data), this.messages);
  }

  /** The next message that matches, from now on. */
  waitForNext(type: string, matches: (data: ServerMessage['data']) => boolean = () => true): Promise<ServerMessage> {
    return this.#wait((message) => message.type === type && matches(message.data), []);
  }

  close(): void {
    this.socket.close();
  }

  #wait(matches: (message: ServerMessage) => boolean, received: readonly ServerMessage[]): Promise<ServerMessage> {
    const found = received.find(matches);
    if (found) return Promise.resolve(found);
    return new Promise((resolve, reject) => {
      const guard = setTimeout(() => {
        const last = this.messages.slice(-5).map((message) => JSON.stringify(message).slice(0, 200));
        reject(new Error(`no such message came; the last were:\n${last.join('\n')}`));
      }, waitGuardMs);
      const waiter: Waiter = {
        matches,
        resolve: (message) => {
          clearTimeout(guard);
          resolve(message);
        },
      };
      this.#waiters.add(waiter);
    });
  }

  #receive(message: ServerMessage): void {
    this.messages.push(message);
    for (const waiter of this.#waiters) {
      if (!waiter.matches(message)) continue;
      this.#waiters.delete(waiter);
      waiter.resolve(message);
    }
  }
}
