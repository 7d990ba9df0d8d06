import type { RefObject } from 'preact';
import { useTexts } from '../i18n/language.ts';
import { arrowStep, type Corner, edgeMiddle, moveCorner, removeCorner, splitEdge, type Zone } from './zone-shape.ts';

/** Handles are this share of the picture's width. */
const handleShare = 0.011;

interface ZonePolygonProps {
  readonly zone: Zone;
  readonly size: { readonly width: number; readonly height: number };
  readonly isSelected: boolean;
  readonly drawing: RefObject<SVGSVGElement | null>;
  readonly onSelect: () => void;
  readonly onChange: (points: readonly Corner[]) => void;
}

/** One zone; the selected one has a handle at each corner, and a smaller one on each edge that becomes a corner. */
export function ZonePolygon({ zone, size, isSelected, drawing, onSelect, onChange }: ZonePolygonProps) {
  const texts = useTexts().cameraSettings;
  const { points } = zone;
  const inPixels = ([x, y]: Corner) => [x * size.width, y * size.height] as const;
  const outline = points.map((point) => inPixels(point).join(',')).join(' ');

  /** Follows the pointer until it lets go; a finger's way is no scrolling then. */
  function follow(event: PointerEvent, index: number, from: readonly Corner[]) {
    event.preventDefault();
    const svg = drawing.current;
    if (!svg) return;
    svg.setPointerCapture(event.pointerId);
    const area = svg.getBoundingClientRect();
    const move = ({ clientX, clientY }: PointerEvent) => {
      const to: Corner = [(clientX - area.left) / area.width, (clientY - area.top) / area.height];
      onChange(moveCorner(from, index, to));
    };
    const end = () => {
      svg.removeEventListener('pointermove', move);
      svg.removeEventListener('pointerup', end);
      svg.removeEventListener('pointercancel', end);
    };
    svg.addEventListener('pointermove', move);
    svg.addEventListener('pointerup', end);
    svg.addEventListener('pointercancel', end);
  }

  function onCornerKey(event: KeyboardEvent, index: number) {
    const step = arrowStep(event.key, event.shiftKey);
    const [x, y] = points[index] ?? [0, 0];
    if (step) onChange(moveCorner(points, index, [x + step[0], y + step[1]]));
    else if (event.key === 'Delete' || event.key === 'Backspace') onChange(removeCorner(points, index));
    else if (event.key === 'Enter' || event.key === ' ') onChange(splitEdge(points, index));
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  const radius = size.width * handleShare;
  return (
    <g class="zone" data-kind={zone.kind} data-selected={isSelected}>
      {/* By keyboard, a zone is chosen in the list below the picture. */}
      <polygon points={outline} onPointerDown={onSelect} />
      {isSelected
        ? points.map((_point, index) => {
            const [cx, cy] = inPixels(edgeMiddle(points, index));
            return (
              <circle
                key={`edge ${index}`}
                class="edge"
                cx={cx}
                cy={cy}
                r={radius * 0.7}
                onPointerDown={(event) => {
                  const split = splitEdge(points, index);
                  onChange(split);
                  if (split.length > points.length) follow(event, index + 1, split);
                }}
              />
            );
          })
        : null}
      {isSelected
        ? points.map((point, index) => {
            const [cx, cy] = inPixels(point);
            return (
              // biome-ignore lint/a11y/useSemanticElements: a button cannot stand in a drawing
              <circle
                key={`corner ${index}`}
                class="corner"
                data-testid="corner"
                cx={cx}
                cy={cy}
                r={radius}
                // In a drawing, attributes are not in HTML's own case.
                tabindex={0}
                role="button"
                aria-label={texts.corner(index + 1, zone.name, Math.round(point[0] * 100), Math.round(point[1] * 100))}
                onPointerDown={(event) => follow(event, index, points)}
                onDblClick={() => onChange(removeCorner(points, index))}
                onKeyDown={(event) => onCornerKey(event, index)}
              />
            );
          })
        : null}
    </g>
  );
}
