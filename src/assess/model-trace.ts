import type { Assessment } from './assessment.ts';

/** What is known of a model that was asked, also where its answer is not the one that counts. */
export interface ModelTrace {
  readonly model?: string;
  readonly keyId?: string;
  readonly latencyMs?: number;
  readonly retryCount?: number;
  readonly rawText?: string;
  /** Only where an earlier answer was reused. */
  readonly tokensSaved?: number;
}

/** The same as an assessment has it. */
export function tracedFields({
  model,
  keyId,
  latencyMs,
  retryCount,
  rawText,
  tokensSaved,
}: ModelTrace): Pick<Assessment, 'model' | 'keyId' | 'latencyMs' | 'retryCount' | 'rawText' | 'tokensSaved'> {
  return {
    model: model ?? '',
    keyId,
    latencyMs: latencyMs ?? 0,
    retryCount: retryCount ?? 0,
    rawText: rawText ?? '',
    ...(tokensSaved === undefined ? {} : { tokensSaved }),
  };
}
