const longestMs = 600_000;
const secondMs = 1000;
const millisecondHeaders = ['retry-after-ms', 'x-ms-retry-after-ms'] as const;

/**
 * How long the provider asks to wait: `retry-after-ms` before `Retry-After` in seconds or as a date (RFC 9110 10.2.3).
 * From 0 to ten minutes; none where nothing usable is there. `nowMs` is UTC.
 */
export function retryAfterMs(headers: Readonly<Record<string, string>>, nowMs: number): number | undefined {
  for (const name of millisecondHeaders) {
    const waitMs = numberIn(headers[name]);
    if (waitMs !== undefined) return Math.min(longestMs, waitMs);
  }
  const value = headers['retry-after'];
  const seconds = numberIn(value);
  if (seconds !== undefined) return Math.min(longestMs, seconds * secondMs);
  // Date.parse takes nearly anything, numbers included; a date of HTTP has letters.
  const dateMs = value !== undefined && /[a-z]/i.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(dateMs) ? undefined : Math.min(longestMs, Math.max(0, dateMs - nowMs));
}

function numberIn(value: string | undefined): number | undefined {
  return value !== undefined && /^\s*\d+(\.\d+)?\s*$/.test(value) ? Number(value) : undefined;
}
