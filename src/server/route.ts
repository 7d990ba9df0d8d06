/** What a feature exports to be reached: its routes and WebSocket endpoints, each with the role that it needs. */
import type { AccessLevel } from '../auth/access-level.ts';
import type { Caller } from '../auth/caller.ts';
import type { Reply } from './reply.ts';
import type { RequestFacts } from './request-facts.ts';

export interface RouteRequest extends RequestFacts {
  /** What stands for the `:name` parts of the route's path, decoded. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Empty where there is none. */
  readonly body: string;
  readonly caller: Caller;
}

/** A route under one method and path. */
export interface Route {
  /**
   * Whatever is not a GET counts as a change: it is closed to pages that may not open the WebSocket. HEAD is answered by
   * the GET.
   */
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** `:name` stands for one part, a `*` at the end for the rest. */
  readonly path: string;
  /** What a caller must be at least. */
  readonly role: AccessLevel;
  /** The longest body that is read; a longer one is refused. None unless given. */
  readonly maxBodyBytes?: number;
  /** What the audit log calls it, as in `alert.acknowledge`; unless given, method and path. Only for changes. */
  readonly action?: string;
  readonly handle: (request: RouteRequest) => Reply | Promise<Reply>;
}

/** A WebSocket, from its upgrade on. */
export interface Connection {
  /** False when there is no room for it. */
  sendText(message: string | Buffer): boolean;
  /** The same. */
  sendBinary(message: Buffer): boolean;
  /** Bytes that the client has not taken yet. */
  bufferedBytes(): number;
  close(code: number, reason: string): void;
}

/** What the server keeps of a client of an endpoint. Called on the event loop. */
export interface SocketClient {
  receive(message: Buffer, isBinary: boolean): void;
  /** The connection is gone. */
  close(): void;
}

export interface SocketRequest extends RequestFacts {
  readonly parameters: Readonly<Record<string, string>>;
  readonly caller: Caller;
}

export interface SocketEndpoint {
  readonly path: string;
  readonly role: AccessLevel;
  /** The types of messages that clients may send, with what each needs. */
  readonly messages: Readonly<Record<string, AccessLevel>>;
  /** A larger message ends the connection. */
  readonly maxMessageBytes: number;
  /** Unsent bytes of one client above which messages find no room. */
  readonly maxBufferedBytes: number;
  /** Clients at a time. */
  readonly maxConnections: number;
  /** Before the upgrade: what makes a client of the connection, or why there is none. */
  readonly prepare: (request: SocketRequest) => Reply | ((connection: Connection) => SocketClient);
}

/** All that can be reached. */
export interface RouteTable {
  readonly routes: readonly Route[];
  readonly sockets: readonly SocketEndpoint[];
}
