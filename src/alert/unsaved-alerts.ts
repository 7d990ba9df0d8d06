import type { Alert } from './alert.ts';

/** Alerts that the store has refused, until it takes them again; bounded, the oldest go first. */
export class UnsavedAlerts {
  readonly #alerts = new Map<string, { readonly alert: Alert; readonly picture?: string }>();
  readonly #maxAlerts: number;
  readonly #maxPictureBytes: number;
  #pictureBytes = 0;
  #dropped = 0;

  constructor({ maxAlerts = 500, maxPictureBytes = 32 * 1_048_576 } = {}) {
    this.#maxAlerts = maxAlerts;
    this.#maxPictureBytes = maxPictureBytes;
  }

  get size(): number {
    return this.#alerts.size;
  }

  /** Alerts that had to go: they were shown and are not kept. */
  get dropped(): number {
    return this.#dropped;
  }

  /** The newest state of an alert; without a picture, that of an earlier state stays. */
  add(alert: Alert, picture: string | undefined): void {
    const kept = picture ?? this.picture(alert.id);
    this.delete(alert.id);
    const fits = kept !== undefined && this.#pictureBytes + kept.length <= this.#maxPictureBytes;
    this.#alerts.set(alert.id, fits ? { alert, picture: kept } : { alert });
    if (fits) this.#pictureBytes += kept.length;
    if (this.#alerts.size <= this.#maxAlerts) return;
    this.delete(this.#alerts.keys().next().value as string);
    this.#dropped += 1;
  }

  delete(id: string): void {
    this.#pictureBytes -= this.picture(id)?.length ?? 0;
    this.#alerts.delete(id);
  }

  find(id: string): Alert | undefined {
    return this.#alerts.get(id)?.alert;
  }

  /** JPEG, base64. */
  picture(id: string): string | undefined {
    return this.#alerts.get(id)?.picture;
  }

  alerts(): Alert[] {
    return [...this.#alerts.values()].map(({ alert }) => alert);
  }
}
