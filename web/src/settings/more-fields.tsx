import type { CameraSettingsListData } from '../../../src/server/messages.ts';
import { useTexts } from '../i18n/language.ts';
import type { CameraDraft } from './camera-draft.ts';

interface MoreFieldsProps {
  readonly draft: CameraDraft;
  readonly defaults: CameraSettingsListData['defaults'];
  readonly isNew: boolean;
  readonly onChange: (part: Partial<CameraDraft>) => void;
}

/** What most cameras have as all others: how often, how important, by which way. */
export function MoreFields({ draft, defaults, isNew, onChange }: MoreFieldsProps) {
  const words = useTexts().cameraSettings;
  const transportWords = (transport: string) => words.transports[transport] ?? transport;
  return (
    <details open={!isNew}>
      <summary>{words.more}</summary>
      <div class="pair">
        <label>
          {words.interval}
          <input
            name="interval"
            type="number"
            min={0.04}
            max={3600}
            step="any"
            placeholder={words.asConfigured(String(defaults.intervalMs / 1000))}
            value={draft.interval}
            onInput={(event) => onChange({ interval: event.currentTarget.value })}
          />
        </label>
        <label>
          {words.priority}
          <input
            name="priority"
            type="number"
            min={0.1}
            max={10}
            step="any"
            placeholder={words.asConfigured(String(defaults.priority))}
            title={words.priorityHint}
            value={draft.priority}
            onInput={(event) => onChange({ priority: event.currentTarget.value })}
          />
        </label>
      </div>
      <div class="pair">
        <label>
          {words.transport}
          <select
            name="transport"
            value={draft.transport}
            onChange={(event) => onChange({ transport: event.currentTarget.value })}
          >
            <option value="">{words.asConfigured(transportWords(defaults.transport))}</option>
            <option value="tcp">{transportWords('tcp')}</option>
            <option value="udp">{transportWords('udp')}</option>
          </select>
        </label>
        <label>
          {words.id}
          <input
            name="cameraId"
            required
            maxLength={64}
            disabled={!isNew}
            title={words.idHint}
            value={draft.id}
            onInput={(event) => onChange({ id: event.currentTarget.value })}
          />
        </label>
      </div>
      <label class="toggle">
        <input
          name="enabled"
          type="checkbox"
          checked={draft.enabled}
          onChange={(event) => onChange({ enabled: event.currentTarget.checked })}
        />
        {words.enabled}
      </label>
    </details>
  );
}
