/** The alert interface of the appliance. Everything rejects with words for the operator's log. */
import type { AlertData, AlertListData } from '../../../src/server/messages.ts';
import { ask } from '../connection/ask.ts';

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
