/** The part of a chat-completions request that the fake provider looks at. */
import { z } from 'zod';

const textPart = z.object({ type: z.literal('text'), text: z.string() });
const imagePart = z.object({ type: z.literal('image_url'), image_url: z.object({ url: z.string() }) });
const message = z.object({
  role: z.string(),
  content: z.union([z.string(), z.array(z.union([textPart, imagePart]))]),
});

const requestSchema = z.object({
  model: z.string(),
  messages: z.array(message).min(1),
  response_format: z.object({ type: z.string(), json_schema: z.object({ schema: z.unknown() }).optional() }).optional(),
});

/** Pixels for which a picture counts one token, as Qwen-VL does. */
const pixelsPerToken = 28 * 28;
const tokensOfUnknownPicture = 256;
const charactersPerToken = 3;

const markerPrefix = 0xff;
/** SOF0 to SOF2: where a JPEG says how large it is. */
const frameMarkers = new Set([0xc0, 0xc1, 0xc2]);

export interface ChatRequest {
  readonly model: string;
  /** All text, in order. */
  readonly text: string;
  /** The user's part of it. */
  readonly userText: string;
  readonly pictures: readonly Buffer[];
  /** `json_schema` with its schema, `json_object`, or `text`. */
  readonly format: string;
  readonly schema?: unknown;
}

/** The request in a body; what is wrong with it where it is none. */
export function readChatRequest(body: string): ChatRequest | { readonly fault: string } {
  const checked = requestSchema.safeParse(parsed(body));
  if (!checked.success) return { fault: z.prettifyError(checked.error) };
  const { model, messages, response_format } = checked.data;
  const parts = messages.flatMap(({ content }) => partsOf(content));
  const text = textOf(parts);
  const userText = textOf(messages.flatMap(({ role, content }) => (role === 'user' ? partsOf(content) : [])));
  const pictures = parts.flatMap((part) => (part.type === 'image_url' ? pictureIn(part.image_url.url) : []));
  const format = response_format?.type ?? 'text';
  // As DashScope does.
  if (format === 'json_object' && !/json/i.test(text)) {
    return {
      fault: "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
    };
  }
  const schema = response_format?.json_schema?.schema;
  return { model, text, userText, pictures, format, ...(schema === undefined ? {} : { schema }) };
}

/** Tokens of the prompt, about as a provider counts them. */
export function promptTokens({ text, pictures }: ChatRequest): number {
  return pictures.reduce((sum, picture) => sum + pictureTokens(picture), textTokens(text));
}

export function textTokens(text: string): number {
  return Math.ceil(text.length / charactersPerToken);
}

function pictureTokens(jpeg: Buffer): number {
  for (let offset = 2; offset + 9 <= jpeg.length && jpeg[offset] === markerPrefix; ) {
    if (frameMarkers.has(jpeg[offset + 1] ?? 0)) {
      return Math.max(4, Math.ceil((jpeg.readUInt16BE(offset + 5) * jpeg.readUInt16BE(offset + 7)) / pixelsPerToken));
    }
    offset += 2 + jpeg.readUInt16BE(offset + 2);
  }
  return tokensOfUnknownPicture;
}

type Content = z.output<typeof message>['content'];
type Part = Exclude<Content, string>[number];

function partsOf(content: Content): readonly Part[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : content;
}

function textOf(parts: readonly Part[]): string {
  return parts.flatMap((part) => (part.type === 'text' ? part.text : [])).join('\n');
}

function pictureIn(url: string): Buffer[] {
  const base64 = /^data:image\/[a-z]+;base64,/.exec(url);
  return base64 === null ? [] : [Buffer.from(url.slice(base64[0].length), 'base64')];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
