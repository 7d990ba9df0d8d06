/** The alert interface of the appliance. Everything rejects with words for the operator's log. */
import type { AlertData, AlertListData } from '../../../src/server/messages.ts';

export interface AlertApi {
  list(query: string): Promise<AlertListData>;
  acknowledge(id: string, verdict: NonNullable<AlertData['verdict']>): Promise<AlertData>;
}

export const alertApi: AlertApi = {
  list: (query) => ask<AlertListData>(`/api/alerts?${query}`),
  acknowledge: async (id, verdict) => {
    const path = `/api/alerts/${encodeURIComponent(id)}/acknowledge`;
    const { alert } = await ask<{ alert: AlertData }>(path, { method: 'POST', body: JSON.stringify({ verdict }) });
    return alert;
  },
};

async function ask<Data>(path: string, init: RequestInit = {}): Promise<Data> {
  const response = await fetch(path, init);
  const answer = (await response.json()) as { code: number; msg: string; data: Data };
  if (answer.code !== 0) throw new Error(answer.msg);
  return answer.data;
}
