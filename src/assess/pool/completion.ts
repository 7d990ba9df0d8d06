import type { TokenUsage } from './model-pool.ts';

export interface Completion {
  readonly text: string;
  /** None where the provider does not say. */
  readonly usage: TokenUsage | undefined;
}

/** The answer's text and usage out of the body of a chat completion; none where the body is none. */
export function readCompletion(body: string): Completion | undefined {
  const tree = parsed(body);
  const choices = fieldOf(tree, 'choices');
  const content = fieldOf(fieldOf(Array.isArray(choices) ? choices[0] : undefined, 'message'), 'content');
  const text = typeof content === 'string' ? content : textOfParts(content);
  return text === undefined ? undefined : { text, usage: readUsage(fieldOf(tree, 'usage')) };
}

/** Some providers give the content as parts. */
function textOfParts(content: unknown): string | undefined {
  if (!Array.isArray(content)) return undefined;
  const texts = content.map((part) => fieldOf(part, 'text')).filter((text) => typeof text === 'string');
  return texts.length === 0 ? undefined : texts.join('');
}

function readUsage(usage: unknown): TokenUsage | undefined {
  const promptTokens = countIn(fieldOf(usage, 'prompt_tokens'));
  const answerTokens = countIn(fieldOf(usage, 'completion_tokens'));
  if (promptTokens === undefined || answerTokens === undefined) return undefined;
  const cachedTokens = countIn(fieldOf(fieldOf(usage, 'prompt_tokens_details'), 'cached_tokens')) ?? 0;
  return { promptTokens, answerTokens, cachedTokens };
}

function countIn(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;
}

/** A property of whatever came. */
function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
