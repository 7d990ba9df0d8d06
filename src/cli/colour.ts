/** ECMA-48's codes (SGR): to switch it on, and off. */
const codes = { bold: [1, 22], dim: [2, 22], red: [31, 39], green: [32, 39], yellow: [33, 39] } as const;

export type Colour = keyof typeof codes;

/** Paints text for a stream, or leaves it as it is. */
export type Paint = (colour: Colour, text: string) => string;

/** Colours for a terminal that shows them and a user who wants them (https://no-color.org); plain text for all others. */
export function paintFor(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv = process.env): Paint {
  if (stream.isTTY !== true || env.NO_COLOR || env.TERM === 'dumb') return (_colour, text) => text;
  return (colour, text) => {
    const [on, off] = codes[colour];
    return `\u001b[${on}m${text}\u001b[${off}m`;
  };
}
