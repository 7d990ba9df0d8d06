/**
 * The alerts that the page knows: those that are active, and a part of the history as the filter wants it. Of two states
 * of one alert the newer holds, whichever way it came. Bounded; components hear of changes.
 */
import type { AlertData, AlertListData, ServerMessage } from '../../../src/server/messages.ts';
import type { AlertApi } from './alert-api.ts';
import { type AlertFilter, everythingOpen, levels, queryOf, wants } from './alert-filter.ts';

type AlertMessage = Extract<ServerMessage, { type: 'alert' }>['data'];
type Listener = () => void;

/** Alerts of the history that the page holds. */
const maxAlerts = 400;

export class AlertStore {
  readonly #api: AlertApi;
  readonly #now: () => number;
  readonly #active = new Map<string, AlertData>();
  readonly #listed = new Map<string, AlertData>();
  readonly #listeners = new Set<Listener>();
  readonly #newsListeners = new Set<(alert: AlertData) => void>();
  #filter: AlertFilter = everythingOpen;
  #next: string | undefined;
  #state: 'loading' | 'ready' | 'failed' = 'loading';
  #history: AlertListData['history'] = { kept: true };
  /** Answers to an earlier question are of no use. */
  #question = 0;

  constructor(api: AlertApi, now: () => number = Date.now) {
    this.#api = api;
    this.#now = now;
  }

  get filter(): AlertFilter {
    return this.#filter;
  }

  get state(): 'loading' | 'ready' | 'failed' {
    return this.#state;
  }

  /** Whether alerts are kept by the appliance; if not, why. */
  get history(): AlertListData['history'] {
    return this.#history;
  }

  get hasOlder(): boolean {
    return this.#next !== undefined;
  }

  /** Active alerts that the filter wants, the worst first; their order changes only when they change. */
  get now(): readonly AlertData[] {
    return [...this.#active.values()].filter((alert) => wants(this.#filter, alert, this.#now())).sort(worstFirst);
  }

  /** All others that were loaded, the latest to begin first. */
  get earlier(): readonly AlertData[] {
    return [...this.#listed.values()].filter(({ id }) => !this.#active.has(id)).sort(latestFirst);
  }

  /** Active alerts of a camera, whatever the filter. */
  activeAt(cameraId: string): readonly AlertData[] {
    return [...this.#active.values()].filter((alert) => alert.cameraId === cameraId);
  }

  /** Active alerts that nobody has looked at, whatever the filter. */
  get waiting(): readonly AlertData[] {
    return [...this.#active.values()].filter((alert) => !alert.acknowledged).sort(worstFirst);
  }

  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Hears of what wants to be looked at: a new alert, or one that has become worse. */
  onNews(listener: (alert: AlertData) => void): () => void {
    this.#newsListeners.add(listener);
    return () => this.#newsListeners.delete(listener);
  }

  setFilter(change: Partial<AlertFilter>): void {
    this.#filter = { ...this.#filter, ...change };
    this.#listed.clear();
    this.#next = undefined;
    void this.#load();
  }

  /** There is a connection: what is active is told anew. */
  async connected(): Promise<void> {
    this.#active.clear();
    const loading = this.#load();
    try {
      for (const alert of (await this.#api.list('limit=200')).alerts) this.#take(alert);
      this.#changed();
    } catch {
      // The list's own state tells.
    }
    await loading;
  }

  loadOlder(): Promise<void> {
    return this.#load(this.#next);
  }

  /** Something happened to an alert. */
  receive({ change, ...alert }: AlertMessage): void {
    this.#take(alert);
    if (!alert.stored && this.#history.kept) {
      this.#history = { kept: false, code: '', message: '', since: alert.lastSeen };
    } else if (alert.stored && change !== 'ended') this.#history = { kept: true };
    this.#changed();
    const isNews = (change === 'began' || change === 'worsened') && alert.active;
    if (isNews) for (const listener of this.#newsListeners) listener(alert);
  }

  async acknowledge(id: string, verdict: NonNullable<AlertData['verdict']>): Promise<void> {
    this.#take(await this.#api.acknowledge(id, verdict));
    this.#changed();
  }

  async #load(cursor?: string): Promise<void> {
    this.#question += 1;
    const question = this.#question;
    this.#state = 'loading';
    this.#changed();
    try {
      const page = await this.#api.list(queryOf(this.#filter, this.#now(), cursor));
      if (question !== this.#question) return;
      for (const alert of page.alerts) this.#take(alert);
      this.#next = this.#listed.size < maxAlerts ? page.nextCursor : undefined;
      this.#history = page.history;
      this.#state = 'ready';
    } catch {
      if (question !== this.#question) return;
      this.#state = 'failed';
    }
    this.#changed();
  }

  #take(alert: AlertData): void {
    const known = this.#active.get(alert.id) ?? this.#listed.get(alert.id);
    if (known !== undefined && known.revision > alert.revision) return;
    if (alert.active) this.#active.set(alert.id, alert);
    else this.#active.delete(alert.id);
    if (!wants(this.#filter, alert, this.#now())) {
      this.#listed.delete(alert.id);
      return;
    }
    this.#listed.set(alert.id, alert);
    if (this.#listed.size <= maxAlerts) return;
    const oldest = [...this.#listed.values()].sort(latestFirst).at(-1);
    if (oldest) this.#listed.delete(oldest.id);
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

function latestFirst(one: AlertData, other: AlertData): number {
  return other.since.localeCompare(one.since) || other.id.localeCompare(one.id);
}

function worstFirst(one: AlertData, other: AlertData): number {
  return levels.indexOf(one.level) - levels.indexOf(other.level) || latestFirst(one, other);
}
