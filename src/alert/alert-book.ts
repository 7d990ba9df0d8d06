/**
 * Decides what becomes of an assessment: a new alert, or the continuation of one that is open. The same danger is one
 * alert however often it is assessed: same camera, a box that overlaps, kinds of risk that are kindred, and not longer ago
 * than the window. Holds open alerts only, bounded for each camera; knows nothing of stores and viewers.
 */
import type { GroupAssessment } from '../aggregate/assessed.ts';
import { overlap } from '../detect/box.ts';
import { higherOf, rankOf } from '../detect/risk-level.ts';
import type { BBox } from '../native.ts';
import type { Alert, AlertChange, Verdict } from './alert.ts';
import type { AlertLevel } from './alert-level.ts';
import { areKindred } from './kindred.ts';

/** Shares of the smaller box that must lie in the other for both to be the same place. */
const minOverlap = 0.3;
/** What a model writes is kept so far. */
const maxDescriptionLength = 1000;
const maxRiskTypes = 16;
const maxRiskTypeLength = 100;

export interface AlertBookOptions {
  /** How long after it was last seen a danger counts as the same. */
  readonly continueMs: number;
  /** Alerts of one camera that may be open at a time; the one seen longest ago then ends. */
  readonly maxOpenPerCamera?: number;
  readonly newId: () => string;
}

export interface BookEntry {
  readonly change: AlertChange;
  readonly alert: Alert;
  /** JPEG, base64: to be kept with the alert in place of the one before. */
  readonly picture?: string;
}

interface OpenAlert {
  alert: Alert;
  /** The frame in which it was last seen: other groups of that frame are other dangers. */
  lastRequestId: string;
  /** Monotonic ms at which it ends unless it is seen again. */
  endsAtMs: number;
  /** False when its group was assessed anew and found safe; it goes on if that changes within the window. */
  active: boolean;
}

export class AlertBook {
  readonly #options: Required<AlertBookOptions>;
  readonly #open = new Map<string, OpenAlert[]>();
  readonly #byId = new Map<string, OpenAlert>();

  constructor(options: AlertBookOptions) {
    this.#options = { maxOpenPerCamera: 32, ...options };
  }

  /** A danger at this level was found. `nowMs` is monotonic. */
  danger(assessment: GroupAssessment, level: AlertLevel, nowMs: number): BookEntry[] {
    const open = this.#find(assessment);
    if (open === undefined) return this.#begin(assessment, level, nowMs);
    return [this.#goOn(open, assessment, level, nowMs)];
  }

  /** A group was assessed and found safe: what was open there, and is older, ends. */
  safe(assessment: GroupAssessment): BookEntry[] {
    const box = assessment.group?.bbox;
    if (box === undefined) return [];
    return (this.#open.get(assessment.cameraId) ?? []).flatMap((open) => {
      const { bbox: last } = open.alert;
      const isThere = last !== undefined && overlap(last, box) >= minOverlap;
      if (!open.active || !isThere || open.alert.lastSeenMs >= assessment.capturedAtMs) return [];
      open.active = false;
      return { change: 'ended', alert: open.alert } as const;
    });
  }

  /** What has not been seen for the window ends. `nowMs` is monotonic. */
  expire(nowMs: number): BookEntry[] {
    return [...this.#byId.values()].filter((open) => open.endsAtMs <= nowMs).flatMap((open) => this.#end(open));
  }

  /** Monotonic ms at which the next open alert ends; none where there is none. */
  nextEndMs(): number | undefined {
    let next: number | undefined;
    for (const { endsAtMs } of this.#byId.values()) if (next === undefined || endsAtMs < next) next = endsAtMs;
    return next;
  }

  /** Open alerts that are active, for metrics. */
  active(): Alert[] {
    return [...this.#byId.values()].filter((open) => open.active).map((open) => open.alert);
  }

  isActive(id: string): boolean {
    return this.#byId.get(id)?.active ?? false;
  }

  /** An open alert in its newest state. */
  find(id: string): Alert | undefined {
    return this.#byId.get(id)?.alert;
  }

  /** The operator has looked at an open alert; undefined where it is not open. */
  acknowledge(id: string, verdict: Verdict, atMs: number): BookEntry | undefined {
    const open = this.#byId.get(id);
    if (open === undefined) return undefined;
    open.alert = acknowledged(open.alert, verdict, atMs);
    return { change: 'acknowledged', alert: open.alert };
  }

  /** Opens what was open before the service was started anew. `endsAtMs` is monotonic. */
  restore(alert: Alert, endsAtMs: number): void {
    this.#add({ alert, lastRequestId: alert.requestId, endsAtMs, active: true });
  }

  #find(assessment: GroupAssessment): OpenAlert | undefined {
    let best: OpenAlert | undefined;
    let bestOverlap = 0;
    for (const open of this.#open.get(assessment.cameraId) ?? []) {
      const apartMs = Math.abs(assessment.capturedAtMs - open.alert.lastSeenMs);
      if (apartMs > this.#options.continueMs || open.lastRequestId === assessment.requestId) continue;
      const share = sameness(open.alert.bbox, assessment.group?.bbox);
      if (share < minOverlap || share <= bestOverlap) continue;
      if (!areKindred(open.alert.riskTypes, assessment.risk.riskTypes)) continue;
      best = open;
      bestOverlap = share;
    }
    return best;
  }

  #begin(assessment: GroupAssessment, level: AlertLevel, nowMs: number): BookEntry[] {
    const { newId, continueMs, maxOpenPerCamera } = this.#options;
    const { cameraId, capturedAtMs, picture } = assessment;
    const alert: Alert = {
      id: newId(),
      cameraId,
      level,
      sinceMs: capturedAtMs,
      lastSeenMs: capturedAtMs,
      count: 1,
      revision: 1,
      ...judgement(assessment),
      ...placeOf(assessment),
      ...(picture === undefined ? {} : { pictureRevision: 1 }),
    };
    this.#add({
      alert,
      lastRequestId: alert.requestId,
      endsAtMs: nowMs + continueMs,
      active: true,
    });
    const ended: BookEntry[] = [];
    const ofCamera = this.#open.get(cameraId) ?? [];
    while (ofCamera.length > maxOpenPerCamera) ended.push(...this.#end(leastRecent(ofCamera)));
    return [...ended, { change: 'began', alert, ...(picture === undefined ? {} : { picture }) }];
  }

  #goOn(open: OpenAlert, assessment: GroupAssessment, level: AlertLevel, nowMs: number): BookEntry {
    const { alert } = open;
    const revision = alert.revision + 1;
    const worse = rankOf(level) > rankOf(alert.level);
    const { picture } = assessment;
    // The first sight may have come without one.
    const showsPicture = picture !== undefined && (worse || alert.pictureRevision === undefined);
    open.alert = {
      // What has become worse wants to be looked at again.
      ...(worse ? { ...unacknowledged(alert), ...judgement(assessment) } : alert),
      level: higherOf(alert.level, level),
      sinceMs: Math.min(alert.sinceMs, assessment.capturedAtMs),
      lastSeenMs: Math.max(alert.lastSeenMs, assessment.capturedAtMs),
      count: alert.count + 1,
      revision,
      ...placeOf(assessment),
      ...(showsPicture ? { pictureRevision: revision } : {}),
    };
    open.lastRequestId = assessment.requestId;
    open.endsAtMs = nowMs + this.#options.continueMs;
    open.active = true;
    return {
      change: worse ? 'worsened' : 'continued',
      alert: open.alert,
      ...(showsPicture ? { picture } : {}),
    };
  }

  #add(open: OpenAlert): void {
    const { id, cameraId } = open.alert;
    const ofCamera = this.#open.get(cameraId);
    if (ofCamera === undefined) this.#open.set(cameraId, [open]);
    else ofCamera.push(open);
    this.#byId.set(id, open);
  }

  #end(open: OpenAlert): BookEntry[] {
    const { id, cameraId } = open.alert;
    this.#byId.delete(id);
    const left = this.#open.get(cameraId) ?? [];
    left.splice(left.indexOf(open), 1);
    if (left.length === 0) this.#open.delete(cameraId);
    return open.active ? [{ change: 'ended', alert: open.alert }] : [];
  }
}

/** An alert as it is after the operator has looked at it. */
export function acknowledged(alert: Alert, verdict: Verdict, atMs: number): Alert {
  return { ...alert, revision: alert.revision + 1, acknowledgedAtMs: alert.acknowledgedAtMs ?? atMs, verdict };
}

/** As nobody has looked at it, and without what may be absent in the next judgement. */
function unacknowledged(alert: Alert): Alert {
  const { acknowledgedAtMs: _at, verdict: _verdict, source: _source, model: _model, ...rest } = alert;
  return rest;
}

/** What the assessment says of the danger, cut to what is kept. */
function judgement({ risk, group, requestId, llmModel }: GroupAssessment) {
  return {
    description: risk.description.slice(0, maxDescriptionLength),
    riskTypes: risk.riskTypes.slice(0, maxRiskTypes).map((type) => type.slice(0, maxRiskTypeLength)),
    confidence: risk.confidence,
    requestId,
    dangerObjectCount: risk.dangerObjectCount,
    objectCount: group?.objectCount ?? 0,
    classes: group?.classes ?? [],
    ...(risk.source === undefined ? {} : { source: risk.source }),
    ...(llmModel === '' ? {} : { model: llmModel }),
  };
}

/** Where it is, as far as that is known. */
function placeOf({ group, imageWidth, imageHeight }: GroupAssessment) {
  if (group === undefined || imageWidth === undefined || imageHeight === undefined) return {};
  return { bbox: group.bbox, imageWidth, imageHeight };
}

/** 0..1; two dangers of which nobody knows where they are may be one. */
function sameness(one: BBox | undefined, other: BBox | undefined): number {
  if (one === undefined || other === undefined) return one === other ? 1 : 0;
  return overlap(one, other);
}

function leastRecent(alerts: readonly OpenAlert[]): OpenAlert {
  return alerts.reduce((oldest, one) => (one.alert.lastSeenMs < oldest.alert.lastSeenMs ? one : oldest));
}
