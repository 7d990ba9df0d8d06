/**
 * Text that a model wrote, made fit for people's eyes. Whoever shows it escapes it nevertheless: what is done here
 * keeps out what no description needs.
 */

/** Characters of a description, as people count them. */
const maxDescriptionLength = 200;
/** Of the whole answer, kept to be looked at. */
const maxRawLength = 4000;

/** Control characters, line breaks included, and what turns the direction of writing or has no width. */
const invisible = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]/gu;
const invisibleButBreaks = /(?![\n\t])[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]/gu;
const tag = /<[^<>]*>/g;
const markdownLink = /!?\[([^\][]*)\]\([^()]*\)/g;
const address = /(?:[a-z0-9][a-z0-9+.-]*:\/\/|\b(?:www\.|javascript:|data:))\S*/gi;
const markup = /[<>`*_#|~]+/g;

/** A description: one line of plain words, without markup and addresses, at most 200 characters. */
export function plainDescription(text: string): string {
  const words = text
    .slice(0, maxDescriptionLength * 8)
    .normalize('NFC')
    .replace(invisible, ' ')
    .replace(markdownLink, '$1')
    .replace(tag, ' ')
    .replace(address, ' ')
    .replace(markup, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return shortened(words, maxDescriptionLength);
}

/** What the model said, for the log of an assessment: as it is, but without control characters, and bounded. */
export function plainRawText(text: string): string {
  return shortened(text.slice(0, maxRawLength * 2).replace(invisibleButBreaks, ''), maxRawLength);
}

function shortened(text: string, maxLength: number): string {
  const characters = [...text];
  return characters.length <= maxLength ? text : `${characters.slice(0, maxLength - 1).join('')}…`;
}
