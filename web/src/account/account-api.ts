/** Asks the appliance about accounts. Rejects with a `Refusal`, whose code the texts know. */
import type {
  AccountData,
  AuditListData,
  SessionData,
  SessionEntryData,
  TokenData,
} from '../../../src/server/account-messages.ts';

export type { AccountData, AuditListData, SessionData, SessionEntryData, TokenData };
export type Role = AccountData['role'];

/** An appliance that takes longer is away. */
const timeoutMs = 15_000;

/** What the appliance would not do. */
export class Refusal extends Error {
  /** A stable word, as in `wrong-login`. */
  readonly code: string;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: string, message: string, retryAfterSeconds: number | undefined) {
    super(message);
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

export const accountApi = {
  session: () => call<SessionData>('GET', '/api/session'),
  logIn: (name: string, password: string) => call<SessionData>('POST', '/api/session', { name, password }),
  logOut: () => call<unknown>('DELETE', '/api/session'),
  setUp: (name: string, password: string, code: string) =>
    call<SessionData>('POST', '/api/setup', code === '' ? { name, password } : { name, password, code }),
  changePassword: (current: string, next: string) => call<unknown>('POST', '/api/account/password', { current, next }),
  sessions: async () => (await call<{ sessions: SessionEntryData[] }>('GET', '/api/account/sessions')).sessions,
  endSession: (id: string) => call<unknown>('DELETE', `/api/account/sessions/${encodeURIComponent(id)}`),
  accounts: async () => (await call<{ accounts: AccountData[] }>('GET', '/api/accounts')).accounts,
  addAccount: (name: string, role: Role, password: string) =>
    call<unknown>('POST', '/api/accounts', { name, role, password }),
  changeAccount: (id: string, change: { readonly role?: Role; readonly password?: string }) =>
    call<unknown>('PATCH', `/api/accounts/${encodeURIComponent(id)}`, change),
  removeAccount: (id: string) => call<unknown>('DELETE', `/api/accounts/${encodeURIComponent(id)}`),
  tokens: async () => (await call<{ tokens: TokenData[] }>('GET', '/api/tokens')).tokens,
  addToken: async (name: string, role: Role) =>
    (await call<{ secret: string }>('POST', '/api/tokens', { name, role })).secret,
  removeToken: (id: string) => call<unknown>('DELETE', `/api/tokens/${encodeURIComponent(id)}`),
  audit: (before?: number) =>
    call<AuditListData>('GET', `/api/audit?limit=50${before === undefined ? '' : `&before=${before}`}`),
} as const;

async function call<Data>(method: string, path: string, body?: object): Promise<Data> {
  const response = await fetch(path, {
    method,
    signal: AbortSignal.timeout(timeoutMs),
    ...(body === undefined ? {} : { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
  }).catch((error: unknown) => {
    throw new Refusal('away', String(error), undefined);
  });
  const answer = (await response.json()) as { code: number; msg: string; data: Data & { error?: string } };
  if (answer.code === 0) return answer.data;
  const seconds = Number(response.headers.get('Retry-After') ?? Number.NaN);
  throw new Refusal(answer.data.error ?? '', answer.msg, Number.isFinite(seconds) ? seconds : undefined);
}
