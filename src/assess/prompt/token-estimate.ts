/** How many tokens a request takes, estimated before it is sent: what is reserved is settled by what the provider counts. */

/** Qwen-VL: one token for 28x28 pixels, two around a picture, at least 4. */
const pixelsPerTokenSide = 28;
const minPictureTokens = 4;
const tokensAroundPicture = 2;

/** Characters of Latin script that make a token, roughly; of Chinese, each is taken for one: too much rather than too little. */
const latinCharactersPerToken = 3.5;

export function textTokens(text: string): number {
  const wide = text.match(/[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]/g)?.length ?? 0;
  return wide + Math.ceil((text.length - wide) / latinCharactersPerToken);
}

export function pictureTokens(widthPx: number, heightPx: number): number {
  const cells = Math.ceil(widthPx / pixelsPerTokenSide) * Math.ceil(heightPx / pixelsPerTokenSide);
  return Math.max(minPictureTokens, cells) + tokensAroundPicture;
}
