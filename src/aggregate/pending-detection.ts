import type { DetectionResultMessage, GroupRisk, RiskAssessmentResultMessage } from '../bus/topics.ts';
import { highestOf, rankOf } from '../detect/risk-level.ts';
import type { AssessedDetection, GroupAssessment } from './assessed.ts';
import { completion } from './completion.ts';

/** What is kept of a result message: all but its envelope. */
type Metadata = RiskAssessmentResultMessage['metadata'];

/** A detection that waits for the results of its groups. It has no pictures but those of groups without a result. */
export class PendingDetection {
  readonly requestId: string;
  readonly cameraId: string;
  /** Monotonic ms at which the wait ends. */
  readonly dueMs: number;
  readonly handedOn = completion();
  /** What the takers of its groups have still to do. */
  readonly takings: Promise<void>[] = [];
  readonly #detection: Omit<DetectionResultMessage, 'groupImages'>;
  readonly #pictures: Map<number, string>;
  readonly #results = new Map<number, { readonly risk: GroupRisk; readonly metadata: Metadata }>();
  #dangerous = false;

  constructor(detection: DetectionResultMessage, dueMs: number) {
    const { groupImages, ...rest } = detection;
    this.requestId = detection.requestId;
    this.cameraId = String(detection.cameraId);
    this.dueMs = dueMs;
    this.#detection = rest;
    this.#pictures = new Map(groupImages.map(({ groupIndex, imageBase64 }) => [groupIndex, imageBase64]));
  }

  get isComplete(): boolean {
    return this.#detection.trafficGroups.every(({ groupIndex }) => this.#results.has(groupIndex));
  }

  get resultCount(): number {
    return this.#results.size;
  }

  /** Length of the pictures that it holds, in bytes. */
  get pictureBytes(): number {
    let bytes = 0;
    for (const picture of this.#pictures.values()) bytes += picture.length;
    return bytes;
  }

  dropPictures(): void {
    this.#pictures.clear();
  }

  /** Takes a result message; gives each of its groups with what the detection knows of it. */
  add(message: RiskAssessmentResultMessage): GroupAssessment[] {
    this.#dangerous ||= message.hasDangerousDriving;
    return message.results.map((risk) => {
      this.#results.set(risk.groupIndex, { risk, metadata: message.metadata });
      const group = this.#detection.trafficGroups.find(({ groupIndex }) => groupIndex === risk.groupIndex);
      const picture = this.#pictures.get(risk.groupIndex);
      this.#pictures.delete(risk.groupIndex);
      return {
        ...groupAssessment(message, risk),
        imageWidth: this.#detection.imageWidth,
        imageHeight: this.#detection.imageHeight,
        ...(group === undefined ? {} : { group }),
        ...(picture === undefined ? {} : { picture }),
      };
    });
  }

  /** The join, as far as results have come. */
  assessed(): AssessedDetection {
    const { timestamp, detectedObjects, trafficGroups, imageWidth, imageHeight } = this.#detection;
    const results = [...this.#results.values()].sort((a, b) => a.risk.groupIndex - b.risk.groupIndex);
    const [worst] = results.toSorted((a, b) => rankOf(b.risk.riskLevel) - rankOf(a.risk.riskLevel));
    return {
      requestId: this.requestId,
      cameraId: this.cameraId,
      timestamp,
      detectedObjects,
      trafficGroups,
      imageWidth,
      imageHeight,
      riskAssessment: {
        allGroupResults: results.map(({ risk }) => risk),
        resultCount: results.length,
        groupCount: trafficGroups.length,
      },
      hasDangerousDriving: this.#dangerous,
      maxRiskLevel: highestOf(results.map(({ risk }) => risk.riskLevel)),
      llmLatency: Math.max(0, ...results.map(({ metadata }) => metadata.llmLatency)),
      llmModel: worst?.metadata.llmModel ?? '',
      complete: this.isComplete,
    };
  }
}

/** A group's result as the message alone tells it. */
export function groupAssessment(message: RiskAssessmentResultMessage, risk: GroupRisk): GroupAssessment {
  const { llmLatency, llmModel, llmRawText = '' } = message.metadata;
  return {
    requestId: message.requestId,
    cameraId: String(message.cameraId),
    capturedAtMs: Date.parse(message.timestamp),
    risk,
    llmLatency,
    llmModel,
    llmRawText,
  };
}
