/** One analysed frame as the bytes that viewers get: made when the first asks, shared by all that want the same. */
import { type FrameRisk, noRisk, objectLevels } from '../alert/current-risk.ts';
import {
  captureTimestamp,
  detectedObjects,
  groupImages,
  processTimeSeconds,
  trafficGroups,
} from '../detect/detection-message.ts';
import type { DetectionEvent } from '../native.ts';
import type { DetectionResultData, PictureHead, WireCameraId } from './messages.ts';
import { PictureText } from './picture-text.ts';
import type { ViewerOptions } from './viewer-options.ts';

/** What is the same in every detection of a running service. */
export interface DetectionContext {
  readonly modelType: string;
  /** By class id. */
  readonly classNames: readonly string[];
  readonly supportedClasses: readonly string[];
  readonly serverDrawEnabled: boolean;
  /** What is known to be dangerous in a frame, when it is first asked for; nothing, unless given. */
  readonly riskOf?: (event: DetectionEvent) => FrameRisk;
}

const headLengthBytes = 4;

export class DetectionFrames {
  readonly #event: DetectionEvent;
  readonly #context: DetectionContext;
  #risk: FrameRisk | undefined;
  readonly #texts = new Map<string, Buffer>();
  readonly #pictures = new Map<string, Buffer | undefined>();

  constructor(event: DetectionEvent, context: DetectionContext) {
    this.#event = event;
    this.#context = context;
  }

  /** The `detection_result` message, in UTF-8. */
  text(cameraId: WireCameraId, frames: ViewerOptions['frames']): Buffer {
    return remembered(this.#texts, `${frames} ${typeof cameraId}`, () => {
      const pictures = new PictureText();
      return pictures.encode({ type: 'detection_result', data: this.#data(cameraId, frames, pictures) });
    });
  }

  /** The binary frame; none where the picture was not made (the viewer came after the frame was taken). */
  picture(cameraId: WireCameraId): Buffer | undefined {
    return remembered(this.#pictures, typeof cameraId, () => {
      const jpeg = this.#event.rawJpeg;
      if (jpeg === undefined) return undefined;
      const head: PictureHead = { cameraId, timestamp: captureTimestamp(this.#event), kind: 'raw', mime: 'image/jpeg' };
      const headBytes = Buffer.from(JSON.stringify(head));
      const length = Buffer.alloc(headLengthBytes);
      length.writeUInt32BE(headBytes.length);
      return Buffer.concat([length, headBytes, jpeg]);
    });
  }

  #data(cameraId: WireCameraId, frames: ViewerOptions['frames'], pictures: PictureText): DetectionResultData {
    const event = this.#event;
    const { classNames, modelType, supportedClasses, serverDrawEnabled } = this.#context;
    this.#risk ??= this.#context.riskOf?.(event) ?? noRisk;
    const { results, maxRiskLevel, llmLatency, llmModel, llmRawText, groupLevels } = this.#risk;
    const objects = detectedObjects(event, classNames);
    const levels = objectLevels(objects.length, event.groups, groupLevels);
    return {
      cameraId,
      timestamp: captureTimestamp(event),
      frame: frames === 'drawn' || frames === 'both' ? dataUri(event.drawnJpeg ?? event.rawJpeg, pictures) : '',
      rawFrame: frames === 'raw' || frames === 'both' ? dataUri(event.rawJpeg, pictures) : '',
      imageWidth: event.imageWidth,
      imageHeight: event.imageHeight,
      detectedObjects: objects.map((object, index) => ({ ...object, level: levels[index] ?? 'none' })),
      trafficGroups: trafficGroups(event, classNames).map((group, index) => ({
        ...group,
        riskLevel: groupLevels[index] ?? 'none',
      })),
      groupImages: frames === 'none' ? [] : groupImages(event, classNames, (jpeg) => pictures.mark(jpeg)),
      dangerousDrivingResults: results,
      hasDangerousDriving: results.length > 0,
      maxRiskLevel,
      ...(event.reused ? { reused: true } : {}),
      processTime: processTimeSeconds(event),
      llmLatency,
      llmModel,
      llmRawText,
      modelType,
      supportedClasses,
      trackingEnabled: false,
      serverDrawEnabled,
    };
  }
}

function dataUri(jpeg: Buffer | undefined, pictures: PictureText): string {
  return jpeg === undefined ? '' : `data:image/jpeg;base64,${pictures.mark(jpeg)}`;
}

function remembered<Value>(cache: Map<string, Value>, key: string, make: () => Value): Value {
  if (!cache.has(key)) cache.set(key, make());
  return cache.get(key) as Value;
}
