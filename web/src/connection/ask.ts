/** Asks the appliance's HTTP interface. Rejects with words for the operator's log. */
export async function ask<Data>(path: string, init: RequestInit = {}): Promise<Data> {
  const response = await fetch(path, init);
  const answer = (await response.json()) as { code: number; msg: string; data: Data };
  if (answer.code !== 0) throw new Error(answer.msg);
  return answer.data;
}
