/** What the file of kept cameras holds, as text and as values. */
import { z } from 'zod';
import type { CameraConfig } from '../../config/schema.ts';
import { camera } from '../../config/settings/camera-settings.ts';
import { errorMessage } from '../../errors.ts';

const format = 'roadwatch-cameras';
const version = 1;

/** Cameras that were set on the screen or with `roadwatch cameras`, and the order of all. */
export interface StoreContent {
  readonly cameras: readonly CameraConfig[];
  /** Ids in the order that was set, also those of the configuration file. */
  readonly order: readonly string[];
}

export const emptyContent: StoreContent = { cameras: [], order: [] };

const envelope = z.looseObject({ format: z.literal(format), version: z.int().min(1) });
const body = z.object({ cameras: z.array(z.unknown()), order: z.array(z.string()).default([]) });

export type ParsedStore =
  | { readonly state: 'whole'; readonly content: StoreContent }
  /** Part of it can be used, or nothing; `reason` has no secrets. */
  | { readonly state: 'damaged'; readonly content: StoreContent; readonly reason: string }
  | { readonly state: 'newer'; readonly version: number };

export function storeText({ cameras, order }: StoreContent): string {
  return `${JSON.stringify({ format, version, cameras, order }, null, 2)}\n`;
}

/** Never throws: what cannot be used is told. Of a file that is damaged in part, the cameras that are whole count. */
export function parseStore(text: string): ParsedStore {
  const value = parseJson(text);
  if (value instanceof Error) return unusable(`it is not JSON: ${value.message}`);
  const head = envelope.safeParse(value);
  if (!head.success) return unusable(`expected "format": "${format}" and a "version"`);
  if (head.data.version > version) return { state: 'newer', version: head.data.version };
  const parts = body.safeParse(value);
  if (!parts.success) return unusable('expected "cameras" and "order" to be lists');
  return readCameras(parts.data.cameras, parts.data.order);
}

function readCameras(entries: readonly unknown[], order: readonly string[]): ParsedStore {
  const cameras = new Map<string, CameraConfig>();
  const faults: string[] = [];
  for (const [index, entry] of entries.entries()) {
    const parsed = camera.safeParse(entry);
    if (!parsed.success) faults.push(`cameras[${index}].${parsed.error.issues[0]?.path.join('.') ?? ''} does not fit`);
    else if (cameras.has(parsed.data.id)) faults.push(`cameras[${index}] has the id of an earlier one`);
    else cameras.set(parsed.data.id, parsed.data);
  }
  const content = { cameras: [...cameras.values()], order };
  return faults.length === 0 ? { state: 'whole', content } : { state: 'damaged', content, reason: faults.join('; ') };
}

function unusable(reason: string): ParsedStore {
  return { state: 'damaged', content: emptyContent, reason };
}

/** A syntax error says where it is, and may quote what stands there: that could be a password. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return new Error(/position \d+/.exec(errorMessage(error))?.[0] ?? 'cut short');
  }
}
