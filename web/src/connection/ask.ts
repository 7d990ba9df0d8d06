/** One setting that the appliance refused. */
export interface RefusedField {
  /** `intervalMs`, `zones[0].points`; empty for the whole. */
  readonly field: string;
  readonly message: string;
}

/** What the appliance refused: a stable word, words for the operator's log, and what is wrong with which setting. */
export class RefusedError extends Error {
  readonly code: string;
  readonly problems: readonly RefusedField[];

  constructor(code: string, message: string, problems: readonly RefusedField[]) {
    super(message);
    this.code = code;
    this.problems = problems;
  }
}

interface Refusal {
  readonly error?: string;
  readonly problems?: readonly RefusedField[];
}

/** Asks the appliance's HTTP interface. Rejects with words for the operator's log: `RefusedError`, where it answers. */
export async function ask<Data>(path: string, init: RequestInit = {}): Promise<Data> {
  const response = await fetch(path, init);
  const answer = (await response.json()) as { code: number; msg: string; data: Data & Refusal };
  if (answer.code !== 0) throw new RefusedError(answer.data?.error ?? '', answer.msg, answer.data?.problems ?? []);
  return answer.data;
}
