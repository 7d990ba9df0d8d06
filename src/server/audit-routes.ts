/** `/api/audit`: who did what, the newest first. */
import type { AuthBook } from '../auth/auth-book.ts';
import { RoadwatchError } from '../errors.ts';
import { answering } from './account-faults.ts';
import type { AuditListData } from './account-messages.ts';
import { json } from './reply.ts';
import type { Route } from './route.ts';

const usualLimit = 100;
const maxLimit = 500;

export function auditRoutes(book: AuthBook): Route[] {
  const list = answering(async ({ query }) => {
    const parameters = new URLSearchParams(query);
    const limit = wholeNumber(parameters, 'limit', maxLimit) ?? usualLimit;
    const page = await book.audit(limit, wholeNumber(parameters, 'before', Number.MAX_SAFE_INTEGER));
    return json(page satisfies AuditListData);
  });
  return [{ method: 'GET', path: '/api/audit', role: 'admin', handle: list }];
}

function wholeNumber(parameters: URLSearchParams, name: string, most: number): number | undefined {
  const text = parameters.get(name);
  if (text === null) return undefined;
  const value = /^\d{1,16}$/.test(text) ? Number(text) : 0;
  if (value >= 1 && value <= most) return value;
  throw new RoadwatchError('bad-query', `expected ${name} to be a whole number from 1 to ${most}`);
}
