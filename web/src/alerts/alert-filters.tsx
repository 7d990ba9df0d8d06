import { useState } from 'preact/hooks';
import { useTexts } from '../i18n/language.ts';
import { FilterIcon } from '../icons.tsx';
import { type AlertFilter, type AlertLevel, isNarrowed, levels, type Period, periods } from './alert-filter.ts';

interface AlertFiltersProps {
  readonly filter: AlertFilter;
  /** Ids and names. */
  readonly cameras: readonly (readonly [id: string, name: string])[];
  readonly onChange: (change: Partial<AlertFilter>) => void;
}

/** Open alerts or the history; and, unfolded, levels, camera, period and words. */
export function AlertFilters({ filter, cameras, onChange }: AlertFiltersProps) {
  const texts = useTexts();
  const [unfolded, setUnfolded] = useState(false);
  const narrowed = isNarrowed(filter);
  return (
    <div class="filters">
      <div class="row">
        <fieldset class="segments">
          <legend class="hidden">{texts.alerts}</legend>
          {(['open', 'history'] as const).map((view) => (
            <label key={view}>
              <input
                type="radio"
                name="view"
                value={view}
                checked={filter.view === view}
                onChange={() => onChange({ view })}
              />
              <span>{texts.views[view]}</span>
            </label>
          ))}
        </fieldset>
        <span class="space" />
        <button
          type="button"
          class="small quiet"
          aria-expanded={unfolded}
          data-narrowed={narrowed}
          data-testid="filter"
          onClick={() => setUnfolded(!unfolded)}
        >
          <FilterIcon /> {texts.filter}
        </button>
      </div>
      {unfolded ? (
        <div class="fields">
          <fieldset class="chips">
            <legend class="hidden">{texts.level}</legend>
            {levels.map((level) => (
              <button
                key={level}
                type="button"
                class="small chip"
                data-level={level}
                aria-pressed={!filter.hidden.includes(level)}
                onClick={() => onChange({ hidden: toggled(filter.hidden, level) })}
              >
                {texts.levels[level]}
              </button>
            ))}
          </fieldset>
          <select
            aria-label={texts.camera}
            name="camera"
            value={filter.cameraId}
            onChange={(event) => onChange({ cameraId: event.currentTarget.value })}
          >
            <option value="">{texts.allCameras}</option>
            {cameras.map(([id, name]) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
          <select
            aria-label={texts.period}
            name="period"
            value={filter.period}
            onChange={(event) => onChange({ period: event.currentTarget.value as Period })}
          >
            {periods.map((period) => (
              <option key={period} value={period}>
                {texts.periods[period]}
              </option>
            ))}
          </select>
          <input
            type="search"
            name="text"
            aria-label={texts.search}
            placeholder={texts.search}
            maxLength={200}
            value={filter.text}
            onChange={(event) => onChange({ text: event.currentTarget.value })}
          />
        </div>
      ) : null}
    </div>
  );
}

/** Without any level there would be nothing: that is all of them. */
function toggled(hidden: readonly AlertLevel[], level: AlertLevel): readonly AlertLevel[] {
  const next = hidden.includes(level) ? hidden.filter((one) => one !== level) : [...hidden, level];
  return next.length === levels.length ? [] : next;
}
