import { useRef, useState } from 'preact/hooks';
import { useTexts } from '../i18n/language.ts';
import { CloseIcon, PlusIcon } from '../icons.tsx';
import { ZonePolygon } from './zone-polygon.tsx';
import { mostZones, newZone, type Zone } from './zone-shape.ts';

interface ZoneEditorProps {
  readonly zones: readonly Zone[];
  /** Address of the camera's picture; none: there is nothing to draw on yet. */
  readonly picture: string | undefined;
  readonly onChange: (zones: readonly Zone[]) => void;
}

/** Polygons on the camera's picture: pulled with mouse or finger, or moved with the arrow keys. */
export function ZoneEditor({ zones, picture, onChange }: ZoneEditorProps) {
  const texts = useTexts().cameraSettings;
  const [selected, setSelected] = useState(0);
  const [size, setSize] = useState({ width: 16, height: 9 });
  const [failed, setFailed] = useState<string>();
  const drawing = useRef<SVGSVGElement>(null);
  const change = (index: number, part: Partial<Zone>) =>
    onChange(zones.map((zone, at) => (at === index ? { ...zone, ...part } : zone)));

  function add() {
    onChange([...zones, newZone(texts.zoneName(zones.length + 1))]);
    setSelected(zones.length);
  }

  return (
    <section class="zones" aria-label={texts.zones}>
      <h3>{texts.zones}</h3>
      <p class="hint">{zones.length === 0 ? texts.noZones : texts.zonesHint}</p>
      {picture === undefined || picture === failed ? (
        <p class="hint">{texts.noPicture}</p>
      ) : (
        <div class="zone-picture" data-testid="zone-picture">
          <img
            src={picture}
            alt=""
            onError={() => setFailed(picture)}
            onLoad={({ currentTarget: { naturalWidth, naturalHeight } }) => {
              if (naturalWidth > 0) setSize({ width: naturalWidth, height: naturalHeight });
            }}
          />
          <svg
            ref={drawing}
            viewBox={`0 0 ${size.width} ${size.height}`}
            preserveAspectRatio="none"
            aria-label={texts.zonesOnPicture}
          >
            {zones.map((zone, index) => (
              <ZonePolygon
                // Zones have no identity but their place.
                key={String(index)}
                zone={zone}
                size={size}
                isSelected={index === selected}
                drawing={drawing}
                onSelect={() => setSelected(index)}
                onChange={(points) => change(index, { points })}
              />
            ))}
          </svg>
        </div>
      )}
      <ul class="zone-list">
        {zones.map((zone, index) => (
          <li key={String(index)} data-kind={zone.kind} data-selected={index === selected}>
            <input
              aria-label={texts.zoneNameLabel}
              maxLength={60}
              required
              value={zone.name}
              onFocus={() => setSelected(index)}
              onInput={(event) => change(index, { name: event.currentTarget.value })}
            />
            <select
              aria-label={texts.zoneKind}
              value={zone.kind}
              onFocus={() => setSelected(index)}
              onChange={(event) => change(index, { kind: event.currentTarget.value as Zone['kind'] })}
            >
              <option value="include">{texts.zoneKinds.include}</option>
              <option value="ignore">{texts.zoneKinds.ignore}</option>
            </select>
            <button
              type="button"
              class="icon"
              aria-label={texts.removeZone(zone.name)}
              title={texts.removeZone(zone.name)}
              onClick={() => onChange(zones.filter((_zone, at) => at !== index))}
            >
              <CloseIcon />
            </button>
          </li>
        ))}
      </ul>
      <button type="button" class="small" disabled={zones.length >= mostZones} onClick={add} data-testid="add-zone">
        <PlusIcon /> {texts.addZone}
      </button>
    </section>
  );
}
