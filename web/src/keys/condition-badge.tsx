import { ConditionIcon } from '../icons.tsx';
import type { toneOf } from './key-words.ts';

interface ConditionBadgeProps {
  readonly tone: ReturnType<typeof toneOf>;
  readonly words: string;
  readonly title?: string;
}

/** A condition in colour, shape and word: none of them alone. */
export function ConditionBadge({ tone, words, title }: ConditionBadgeProps) {
  return (
    <span class="condition" data-tone={tone} title={title}>
      <ConditionIcon tone={tone} />
      {words}
    </span>
  );
}
