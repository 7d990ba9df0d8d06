/** Draws what was detected over a picture: boxes by class, groups around their members. */
import type { DetectionResultData } from '../../../src/server/messages.ts';

const classColors: Readonly<Record<string, string>> = {
  person: '#5ad19a',
  bicycle: '#57c7e3',
  motorcycle: '#57c7e3',
  car: '#f2b84b',
  bus: '#f2904b',
  truck: '#f2904b',
  'traffic light': '#b39bf5',
  'stop sign': '#b39bf5',
};
const otherColor = '#c8d0da';
const groupColor = '#ff6b81';

export interface OverlayOptions {
  readonly labels: boolean;
  /** A class's name in the page's language. */
  readonly className: (name: string) => string;
}

/** The canvas has the picture's own size; line widths follow it, so that they look alike at any zoom. */
export function drawOverlay(canvas: HTMLCanvasElement, detection: DetectionResultData, options: OverlayOptions): void {
  canvas.width = detection.imageWidth;
  canvas.height = detection.imageHeight;
  const context = canvas.getContext('2d');
  if (!context) return;
  const unit = Math.max(1, detection.imageWidth / 640);
  drawGroups(context, detection, unit);
  for (const object of detection.detectedObjects) {
    const [x1, y1, x2, y2] = object.bbox;
    const color = classColors[object.class] ?? otherColor;
    context.lineWidth = 2 * unit;
    context.strokeStyle = color;
    context.strokeRect(x1, y1, x2 - x1, y2 - y1);
    if (options.labels) {
      drawLabel(
        context,
        `${options.className(object.class)} ${Math.round(object.confidence * 100)}`,
        x1,
        y1,
        color,
        unit,
      );
    }
  }
}

function drawGroups(context: CanvasRenderingContext2D, detection: DetectionResultData, unit: number): void {
  context.setLineDash([7 * unit, 5 * unit]);
  context.lineWidth = 1.5 * unit;
  context.strokeStyle = groupColor;
  context.fillStyle = `${groupColor}14`;
  const margin = 6 * unit;
  for (const group of detection.trafficGroups) {
    const [x1, y1, x2, y2] = group.bbox;
    context.beginPath();
    context.roundRect(x1 - margin, y1 - margin, x2 - x1 + 2 * margin, y2 - y1 + 2 * margin, 8 * unit);
    context.fill();
    context.stroke();
  }
  context.setLineDash([]);
}

function drawLabel(
  context: CanvasRenderingContext2D,
  text: string,
  x: number,
  y: number,
  color: string,
  unit: number,
): void {
  const height = 15 * unit;
  context.font = `600 ${11 * unit}px system-ui, sans-serif`;
  const width = context.measureText(text).width + 8 * unit;
  const top = y - height < 0 ? y : y - height;
  context.fillStyle = color;
  context.fillRect(x - unit, top, width, height);
  context.fillStyle = '#0b0e12';
  context.textBaseline = 'middle';
  context.fillText(text, x + 3 * unit, top + height / 2);
}
