import { useState } from 'preact/hooks';
import { useTexts } from '../i18n/language.ts';
import { Refusal } from './account-api.ts';

/** Something that the appliance is asked to do: whether it is under way, and what became of it, in words. */
export interface Task {
  readonly isBusy: boolean;
  readonly fault: string | undefined;
  /** True where it was done. */
  run(work: () => Promise<unknown>): Promise<boolean>;
}

export function useTask(): Task {
  const { account: texts } = useTexts();
  const [isBusy, setBusy] = useState(false);
  const [fault, setFault] = useState<string>();
  async function run(work: () => Promise<unknown>): Promise<boolean> {
    setBusy(true);
    try {
      await work();
      setFault(undefined);
      return true;
    } catch (error) {
      setFault(faultWords(error, texts));
      return false;
    } finally {
      setBusy(false);
    }
  }
  return { isBusy, fault, run };
}

type Texts = ReturnType<typeof useTexts>['account'];

function faultWords(error: unknown, texts: Texts): string {
  if (!(error instanceof Refusal)) return String(error);
  if (error.code === 'too-many-tries') return texts.tooManyTries(error.retryAfterSeconds ?? 60);
  return texts.refusals[error.code] ?? error.message;
}
