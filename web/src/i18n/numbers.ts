/** With one decimal, where that says more: 2, 2.4, 13.6. */
export function shortNumber(value: number): string {
  return String(Number(value.toFixed(1)));
}
