/** With one decimal, where that says more: 2, 2.4, 13.6. */
export function shortNumber(value: number): string {
  return String(Number(value.toFixed(1)));
}

/** With its thousands apart: 12,345. */
export function wholeNumber(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** A share as a percentage; never 100 % while something is missing: 99.9 %. */
export function percent(share: number): string {
  return `${Math.floor(share * 1000) / 10} %`;
}

/** Below a second in milliseconds: 850 ms, 1.2 s. */
export function durationWords(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${shortNumber(ms / 1000)} s`;
}
