/** Draws what was detected over a picture: boxes by class, groups around their members, and what is dangerous in its colour. */
import type { AlertData, DetectionResultData } from '../../../src/server/messages.ts';
import { groupLevel, riskColors } from './risk-colors.ts';

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

type RiskLevel = DetectionResultData['maxRiskLevel'];

export interface OverlayOptions {
  readonly labels: boolean;
  /** A class's name in the page's language. */
  readonly className: (name: string) => string;
  /** A risk level's name in the page's language. */
  readonly levelName: (level: AlertData['level']) => string;
  /** Active alerts of the camera. */
  readonly alerts: readonly AlertData[];
}

/** The canvas has the picture's own size; line widths follow it, so that they look alike at any zoom. */
export function drawOverlay(canvas: HTMLCanvasElement, detection: DetectionResultData, options: OverlayOptions): void {
  canvas.width = detection.imageWidth;
  canvas.height = detection.imageHeight;
  const context = canvas.getContext('2d');
  if (!context) return;
  const unit = Math.max(1, detection.imageWidth / 640);
  const levels = detection.trafficGroups.map((group) => groupLevel(group, options.alerts));
  const dangerous = membersInDanger(detection, levels);
  drawGroups(context, detection, levels, unit, options);
  for (const [index, object] of detection.detectedObjects.entries()) {
    const [x1, y1, x2, y2] = object.bbox;
    const level = dangerous.get(index);
    const color = level === undefined ? (classColors[object.class] ?? otherColor) : riskColors[level];
    context.lineWidth = (level === undefined ? 2 : 2.5) * unit;
    context.strokeStyle = color;
    context.strokeRect(x1, y1, x2 - x1, y2 - y1);
    if (options.labels) {
      const label = `${options.className(object.class)} ${Math.round(object.confidence * 100)}`;
      drawLabel(context, label, x1, y1, color, unit);
    }
  }
}

/** By position, the levels of objects in dangerous groups. */
function membersInDanger(detection: DetectionResultData, levels: readonly RiskLevel[]): Map<number, RiskLevel> {
  const members = new Map<number, RiskLevel>();
  for (const [position, group] of detection.trafficGroups.entries()) {
    const level = levels[position] ?? 'none';
    if (level !== 'none') for (const index of group.memberIndices) members.set(index, level);
  }
  return members;
}

/** Dashed and quiet; where there is danger, full and in its colour, with the level in words. */
function drawGroups(
  context: CanvasRenderingContext2D,
  detection: DetectionResultData,
  levels: readonly RiskLevel[],
  unit: number,
  { levelName }: OverlayOptions,
): void {
  const margin = 6 * unit;
  for (const [position, group] of detection.trafficGroups.entries()) {
    const level = levels[position] ?? 'none';
    const color = riskColors[level];
    const [x1, y1, x2, y2] = group.bbox;
    const [left, top] = [x1 - margin, y1 - margin];
    context.setLineDash(level === 'none' ? [7 * unit, 5 * unit] : []);
    context.lineWidth = (level === 'none' ? 1.5 : 3) * unit;
    context.strokeStyle = color;
    context.fillStyle = `${color}${level === 'none' ? '14' : '1c'}`;
    context.beginPath();
    context.roundRect(left, top, x2 - x1 + 2 * margin, y2 - y1 + 2 * margin, 8 * unit);
    context.fill();
    context.stroke();
    context.setLineDash([]);
    if (level !== 'none')
      drawLabel(context, levelName(level), left, Math.min(y2 + margin, detection.imageHeight), color, unit);
  }
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
