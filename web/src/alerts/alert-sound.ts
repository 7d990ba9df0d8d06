/** A short tone for new alerts; off until the operator switches it on. */
import type { AlertLevel } from './alert-filter.ts';

const key = 'roadwatch.sound';
/** Between two tones: many alerts at once are one. */
const pauseMs = 3000;

/** Notes in Hz, one after the other; low alerts make no sound. */
const tones: Readonly<Record<AlertLevel, readonly number[]>> = { high: [880, 1175, 880], medium: [660], low: [] };
const noteSeconds = 0.16;
const volume = 0.18;

export class AlertSound {
  #context: AudioContext | undefined;
  #on = localStorage.getItem(key) === 'on';
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor() {
    // A browser lets a page sound only after its user has done something on it.
    const wake = () => {
      if (this.#on) void this.#wake();
    };
    addEventListener('pointerdown', wake);
    addEventListener('keydown', wake);
  }

  get on(): boolean {
    return this.#on;
  }

  /** Switching it on lets it be heard once. */
  set(on: boolean): void {
    this.#on = on;
    localStorage.setItem(key, on ? 'on' : 'off');
    if (on) void this.#wake().then(() => this.play('medium'));
  }

  play(level: AlertLevel): void {
    const context = this.#context;
    if (!this.#on || context?.state !== 'running' || performance.now() - this.#lastMs < pauseMs) return;
    const notes = tones[level];
    if (notes.length > 0) this.#lastMs = performance.now();
    for (const [index, frequency] of notes.entries()) playNote(context, frequency, index * noteSeconds);
  }

  async #wake(): Promise<void> {
    this.#context ??= new AudioContext();
    if (this.#context.state === 'suspended') await this.#context.resume();
  }
}

function playNote(context: AudioContext, frequency: number, afterSeconds: number): void {
  const start = context.currentTime + afterSeconds;
  const gain = context.createGain();
  gain.gain.setValueAtTime(0, start);
  gain.gain.linearRampToValueAtTime(volume, start + 0.02);
  gain.gain.linearRampToValueAtTime(0, start + noteSeconds);
  gain.connect(context.destination);
  const oscillator = context.createOscillator();
  oscillator.type = 'sine';
  oscillator.frequency.value = frequency;
  oscillator.connect(gain);
  oscillator.start(start);
  oscillator.stop(start + noteSeconds);
}
