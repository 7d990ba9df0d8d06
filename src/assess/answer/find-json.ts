/** Longer texts hold no answer that was asked for. */
const maxTextLength = 65_536;
/** Places where an object may begin that are looked at: texts full of braces cost no time. */
const maxTries = 32;

/**
 * The first JSON object in a model's text: all of it, in a code fence, or anywhere among words; what a model thought
 * aloud before is left out. Nothing where there is none.
 */
export function findJsonObject(text: string): object | undefined {
  if (text.length > maxTextLength) return undefined;
  const answer = text.slice(text.lastIndexOf('</think>') + 1);
  let start = answer.indexOf('{');
  for (let tries = 0; start >= 0 && tries < maxTries; tries += 1) {
    const end = endOfObject(answer, start);
    const parsed = end === undefined ? undefined : parseObject(answer.slice(start, end));
    if (parsed !== undefined) return parsed;
    start = answer.indexOf('{', start + 1);
  }
  return undefined;
}

/** Behind the brace that closes the one at `start`; braces in strings don't count. */
function endOfObject(text: string, start: number): number | undefined {
  let depth = 0;
  let inString = false;
  for (let index = start; index < text.length; index += 1) {
    const character = text[index];
    if (inString) {
      if (character === '\\') index += 1;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === '{') depth += 1;
    else if (character === '}') {
      depth -= 1;
      if (depth === 0) return index + 1;
    }
  }
  return undefined;
}

function parseObject(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
