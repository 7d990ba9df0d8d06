import { RoadwatchError } from '../errors.ts';
import { type ClientMessage, type ClientMessageType, clientMessages } from './messages.ts';

const knownTypes = Object.keys(clientMessages).join(', ');

/**
 * A client's text frame as a message. Throws RoadwatchError `invalid-message`, naming the field and what was expected,
 * or `unknown-type`.
 */
export function parseMessage(text: string): ClientMessage {
  const { type, data } = parseEnvelope(text);
  if (!isKnown(type)) {
    throw new RoadwatchError('unknown-type', `expected type to be one of ${knownTypes}, received ${shown(type)}`);
  }
  const result = clientMessages[type].safeParse(data ?? {});
  if (result.success) return { type, data: result.data } as ClientMessage;
  const problems = result.error.issues.map((issue) => `${['data', ...issue.path].join('.')}: ${issue.message}`);
  throw new RoadwatchError('invalid-message', `${type}: ${problems.join('; ')}`);
}

function parseEnvelope(text: string): { type: unknown; data?: unknown } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new RoadwatchError('invalid-message', 'expected a JSON object {"type", "data"}, received no JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new RoadwatchError('invalid-message', `expected a JSON object {"type", "data"}, received ${shown(value)}`);
  }
  if (!('type' in value) || typeof value.type !== 'string') {
    throw new RoadwatchError('invalid-message', 'expected the message to have a type, a string');
  }
  return value as { type: string; data?: unknown };
}

function isKnown(type: unknown): type is ClientMessageType {
  return typeof type === 'string' && Object.hasOwn(clientMessages, type);
}

/** A value in words, cut short: it comes from outside. */
function shown(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : `a ${typeof value}`;
}
