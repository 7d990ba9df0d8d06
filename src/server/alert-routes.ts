/** `/api/alerts`: the list, an alert's picture, and the operator's word that it was seen. */
import { z } from 'zod';
import { verdicts } from '../alert/alert.ts';
import type { AlertDesk } from '../alert/alert-desk.ts';
import { cursorText } from '../alert/alert-filter.ts';
import { errorCode, errorMessage } from '../errors.ts';
import { alertData } from './alert-data.ts';
import { type AlertQuery, parseAlertQuery } from './alert-query.ts';
import type { AlertListData } from './messages.ts';
import { json, type Reply, refusal } from './reply.ts';
import type { Route } from './route.ts';

/** What an acknowledgement may hold. */
const maxAcknowledgementBytes = 1024;

/** Each revision of a picture has an address of its own. */
const pictureHeaders = { 'Content-Type': 'image/jpeg', 'Cache-Control': 'private, max-age=86400, immutable' } as const;

const acknowledgement = z.strictObject({
  verdict: z.enum(verdicts, { error: `expected ${verdicts.join(' or ')}` }).default('seen'),
});

/** The part of the alert desk that is asked from outside. */
export type AlertAnswers = Pick<AlertDesk, 'list' | 'picture' | 'acknowledge' | 'onChange' | 'current'>;

export function alertRoutes(alerts: AlertAnswers): Route[] {
  return [
    { method: 'GET', path: '/api/alerts', role: 'viewer', handle: ({ query }) => list(alerts, query) },
    {
      method: 'GET',
      path: '/api/alerts/:id/picture',
      role: 'viewer',
      handle: ({ parameters: { id = '' } }) => picture(alerts, id),
    },
    {
      method: 'POST',
      path: '/api/alerts/:id/acknowledge',
      role: 'operator',
      maxBodyBytes: maxAcknowledgementBytes,
      action: 'alert.acknowledge',
      handle: ({ parameters: { id = '' }, body }) => acknowledge(alerts, id, body),
    },
  ];
}

async function list(alerts: AlertAnswers, query: string): Promise<Reply> {
  let asked: AlertQuery;
  try {
    asked = parseAlertQuery(query);
  } catch (error) {
    return refusal(400, errorCode(error), errorMessage(error));
  }
  const found = await alerts.list(asked.filter, asked.limit, asked.after);
  const { next, history } = found;
  const data: AlertListData = {
    alerts: found.alerts.map(alertData),
    ...(next === undefined ? {} : { nextCursor: cursorText(next) }),
    history: history.kept ? { kept: true } : { ...history, since: new Date(history.sinceMs).toISOString() },
  };
  return json(data);
}

async function picture(alerts: AlertAnswers, id: string): Promise<Reply> {
  const jpeg = isAlertId(id) ? await alerts.picture(id) : undefined;
  if (jpeg === undefined) return refusal(404, 'not-found', `there is no picture of an alert ${id}`);
  return { status: 200, headers: pictureHeaders, body: Buffer.from(jpeg) };
}

/** `body` is JSON or empty. */
async function acknowledge(alerts: AlertAnswers, id: string, body: string): Promise<Reply> {
  const parsed = acknowledgement.safeParse(parseJson(body));
  if (!parsed.success) {
    return refusal(400, 'bad-body', `expected nothing or {"verdict": "${verdicts.join('" or "')}"}`);
  }
  const state = isAlertId(id) ? await alerts.acknowledge(id, parsed.data.verdict) : undefined;
  if (state === undefined) return refusal(404, 'unknown-alert', `there is no alert ${id}`);
  return json({ alert: alertData(state) });
}

function isAlertId(text: string): boolean {
  return /^[\w-]{1,64}$/.test(text);
}

function parseJson(body: string): unknown {
  if (body.trim() === '') return {};
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
