import { useState } from 'preact/hooks';
import type { CameraSettingsData, CameraSettingsListData, CameraTestData } from '../../../src/server/messages.ts';
import { RefusedError } from '../connection/ask.ts';
import { useTexts } from '../i18n/language.ts';
import { cameraApi } from './camera-api.ts';
import { addressIn, type CameraDraft, cameraIn, changeIn, draftOf, emptyDraft, intervalMsIn } from './camera-draft.ts';
import { MoreFields } from './more-fields.tsx';
import { Refusal } from './refusal.tsx';
import { TestResult } from './test-result.tsx';
import { ZoneEditor } from './zone-editor.tsx';

interface CameraFormProps {
  /** The camera that is edited; none: one is added. */
  readonly camera: CameraSettingsData | undefined;
  readonly defaults: CameraSettingsListData['defaults'];
  /** For a new camera, unless the operator wants another. */
  readonly freeId: string;
  readonly onSaved: () => void;
  readonly onBack: () => void;
}

/** One camera: its address, a test, what it is called, how often it is looked at, and its zones. */
export function CameraForm({ camera, defaults, freeId, onSaved, onBack }: CameraFormProps) {
  const words = useTexts().cameraSettings;
  const [draft, setDraft] = useState<CameraDraft>(() => (camera ? draftOf(camera) : emptyDraft(freeId)));
  const [result, setResult] = useState<CameraTestData | 'testing'>();
  const [refusal, setRefusal] = useState<RefusedError | Error>();
  const [saving, setSaving] = useState(false);
  const [openedAt] = useState(Date.now);
  const change = (part: Partial<CameraDraft>) => setDraft((before) => ({ ...before, ...part }));
  const tested = typeof result === 'object' ? result.snapshot : undefined;
  const picture = tested ?? (camera?.enabled && !camera.problem ? cameraApi.snapshot(camera.id, openedAt) : undefined);

  async function test() {
    setResult('testing');
    setRefusal(undefined);
    const intervalMs = intervalMsIn(draft);
    try {
      const answer = await cameraApi.test({
        url: addressIn(draft),
        ...(camera === undefined ? {} : { cameraId: camera.id }),
        ...(draft.transport === '' ? {} : { transport: draft.transport }),
        ...(intervalMs === undefined ? {} : { intervalMs }),
      });
      setResult(answer);
    } catch (error) {
      setResult(undefined);
      setRefusal(error instanceof RefusedError ? error : new Error(words.testFailed));
    }
  }

  async function save(event: Event) {
    event.preventDefault();
    setSaving(true);
    setRefusal(undefined);
    try {
      await (camera === undefined ? cameraApi.add(cameraIn(draft)) : cameraApi.edit(camera.id, changeIn(draft)));
      onSaved();
    } catch (error) {
      setRefusal(error instanceof Error ? error : new Error(words.notSaved));
      setSaving(false);
    }
  }

  return (
    <form class="camera-form" onSubmit={(event) => void save(event)}>
      <label>
        {words.address}
        <input
          name="address"
          required
          maxLength={4096}
          placeholder="rtsp://192.168.1.10/stream1"
          autocomplete="off"
          spellcheck={false}
          aria-describedby="address-hint"
          value={draft.address}
          onInput={(event) => change({ address: event.currentTarget.value })}
        />
      </label>
      <p class="hint" id="address-hint">
        {words.addressHint}
      </p>
      <div class="pair">
        <label>
          {words.user}
          <input
            name="user"
            autocomplete="off"
            spellcheck={false}
            value={draft.user}
            onInput={(event) => change({ user: event.currentTarget.value })}
          />
        </label>
        <label>
          {words.password}
          <input
            name="password"
            type="password"
            autocomplete="new-password"
            value={draft.password}
            onInput={(event) => change({ password: event.currentTarget.value })}
          />
        </label>
      </div>
      {draft.address.includes('***') ? <p class="hint">{words.passwordKept}</p> : null}
      <div class="actions">
        <button
          type="button"
          class={camera === undefined && result === undefined ? 'primary' : ''}
          disabled={draft.address.trim() === '' || result === 'testing'}
          onClick={() => void test()}
          data-testid="test-camera"
        >
          {words.test}
        </button>
      </div>
      <TestResult result={result} />
      <label>
        {words.name}
        <input
          name="name"
          maxLength={200}
          value={draft.name}
          onInput={(event) => change({ name: event.currentTarget.value })}
        />
      </label>
      <MoreFields draft={draft} defaults={defaults} isNew={camera === undefined} onChange={change} />
      <ZoneEditor zones={draft.zones} picture={picture} onChange={(zones) => change({ zones })} />
      <Refusal error={refusal} />
      <div class="actions">
        <button type="button" onClick={onBack}>
          {words.back}
        </button>
        <span class="space" />
        <button type="submit" class="primary" disabled={saving} data-testid="save-camera">
          {saving ? words.saving : words.save}
        </button>
      </div>
    </form>
  );
}
