/**
 * A Markdown table.
 *
 * @param {readonly string[]} columns
 * @param {readonly (readonly unknown[])[]} rows
 */
export function table(columns, rows) {
  const line = (/** @type {readonly unknown[]} */ cells) => `| ${cells.map((cell) => cell ?? '–').join(' | ')} |`;
  return [line(columns), line(columns.map(() => '---')), ...rows.map(line), ''].join('\n');
}
