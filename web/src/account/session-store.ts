/** Who looks at the page, as the appliance knows him. */
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { accountApi, type Role, type SessionData } from './account-api.ts';

const retryMs = 3000;
/** Tells the login screen, after the page is loaded again, that a session has ended by itself. */
const endedKey = 'roadwatch.session-ended';
const ranks = ['public', 'viewer', 'operator', 'admin'] as const;

export class SessionStore {
  readonly #listeners = new Set<() => void>();
  #session: SessionData | undefined;
  #isAsking = false;
  /** The page itself is changing who it is: what ends meanwhile has not ended by itself. */
  #isChanging = false;

  /** None until the appliance has answered for the first time. */
  get session(): SessionData | undefined {
    return this.#session;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Asks until there is an answer. */
  async load(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    while (!(await this.#ask())) await new Promise((resolve) => setTimeout(resolve, retryMs));
    this.#isAsking = false;
  }

  /** The connection has ended: perhaps because the session has. */
  check(): void {
    if (!this.#isChanging) void this.#ask();
  }

  /** Makes the first account. The connection of who had none ends before the answer comes. */
  setUp(name: string, password: string, code: string): Promise<SessionData> {
    return this.#change(() => accountApi.setUp(name, password, code));
  }

  /** Somebody has logged in. */
  begin(session: SessionData): void {
    sessionStorage.removeItem(endedKey);
    this.#isChanging = false;
    this.#set(session);
  }

  /** Nothing of what was shown is left on the page. */
  async end(): Promise<void> {
    await this.#change(() => accountApi.logOut());
    location.reload();
  }

  get hasEnded(): boolean {
    return sessionStorage.getItem(endedKey) !== null;
  }

  async #change<Answer>(change: () => Promise<Answer>): Promise<Answer> {
    this.#isChanging = true;
    try {
      return await change();
    } catch (error) {
      this.#isChanging = false;
      this.check();
      throw error;
    }
  }

  /** False where the appliance did not answer. */
  async #ask(): Promise<boolean> {
    try {
      this.#set(await accountApi.session());
      return true;
    } catch {
      return false;
    }
  }

  #set(session: SessionData): void {
    const wasIn = this.#session !== undefined && this.#session.caller.role !== 'public';
    if (wasIn && session.caller.role !== this.#session?.caller.role) {
      if (session.caller.role === 'public') sessionStorage.setItem(endedKey, 'yes');
      location.reload();
      return;
    }
    this.#session = session;
    for (const listener of this.#listeners) listener();
  }
}

export const SessionContext = createContext<SessionData | undefined>(undefined);

/** Whether who looks at the page may do what needs this role. */
export function useMay(role: Role): boolean {
  const held = useContext(SessionContext)?.caller.role ?? 'public';
  return ranks.indexOf(held) >= ranks.indexOf(role);
}
