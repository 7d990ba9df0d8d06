import { useEffect, useState } from 'preact/hooks';
import type { CameraSettingsData, CameraSettingsListData } from '../../../src/server/messages.ts';
import { Dialog } from '../dialogs/dialog.tsx';
import { useTexts } from '../i18n/language.ts';
import { freeId } from './address.ts';
import { cameraApi } from './camera-api.ts';
import { CameraForm } from './camera-form.tsx';
import { CameraList, titleOf } from './camera-list.tsx';
import { Refusal } from './refusal.tsx';
import './settings.css';

/** What the operator is at. */
type View =
  | { readonly at: 'list' }
  | { readonly at: 'add' }
  | { readonly at: 'edit'; readonly id: string }
  | { readonly at: 'remove'; readonly camera: CameraSettingsData };

interface CameraSettingsProps {
  /** `add`: right to a new camera; an id: to this camera. */
  readonly begin: 'list' | 'add' | { readonly id: string };
  readonly onClose: () => void;
}

/** Cameras added, tested, edited, ordered and removed. */
export function CameraSettings({ begin, onClose }: CameraSettingsProps) {
  const words = useTexts().cameraSettings;
  const [view, setView] = useState<View>(() => (typeof begin === 'object' ? { at: 'edit', ...begin } : { at: begin }));
  const [data, setData] = useState<CameraSettingsListData>();
  const [fault, setFault] = useState<Error>();
  const toList = () => setView({ at: 'list' });

  async function load() {
    try {
      setData(await cameraApi.list());
      setFault(undefined);
    } catch {
      setFault(new Error(words.loadFailed));
    }
  }
  useEffect(() => void load(), []);

  async function change(work: () => Promise<unknown>) {
    try {
      await work();
      await load();
    } catch (error) {
      setFault(error instanceof Error ? error : new Error(words.notSaved));
    }
  }

  const edited = view.at === 'edit' ? data?.cameras.find(({ id, shadowed }) => id === view.id && !shadowed) : undefined;
  return (
    <Dialog title={titleFor(view, edited, words)} onClose={onClose}>
      <div class="camera-settings" data-testid="camera-settings">
        <Refusal error={fault} />
        {data === undefined ? <p class="hint">{fault === undefined ? words.loading : ''}</p> : null}
        {data !== undefined && view.at === 'list' ? (
          <CameraList
            data={data}
            onAdd={() => setView({ at: 'add' })}
            onEdit={({ id }) => setView({ at: 'edit', id })}
            onRemove={(camera) => setView({ at: 'remove', camera })}
            onOrder={(ids) => void change(() => cameraApi.reorder(ids))}
          />
        ) : null}
        {data !== undefined && (view.at === 'add' || edited !== undefined) ? (
          <CameraForm
            key={edited?.id ?? ''}
            camera={edited}
            defaults={data.defaults}
            freeId={freeId(data.cameras.map(({ id }) => id))}
            onSaved={() => {
              if (view.at === 'add' && begin === 'add') onClose();
              else void load().then(toList);
            }}
            onBack={toList}
          />
        ) : null}
        {view.at === 'remove' ? (
          <RemoveQuestion
            camera={view.camera}
            onBack={toList}
            onRemove={() => void change(() => cameraApi.remove(view.camera.id)).then(toList)}
          />
        ) : null}
      </div>
    </Dialog>
  );
}

interface RemoveQuestionProps {
  readonly camera: CameraSettingsData;
  readonly onRemove: () => void;
  readonly onBack: () => void;
}

function RemoveQuestion({ camera, onRemove, onBack }: RemoveQuestionProps) {
  const words = useTexts().cameraSettings;
  return (
    <>
      <p>{words.removeQuestion(titleOf(camera))}</p>
      <div class="actions">
        <span class="space" />
        <button type="button" onClick={onBack}>
          {words.back}
        </button>
        <button type="button" class="primary" onClick={onRemove} data-testid="remove-camera">
          {words.remove}
        </button>
      </div>
    </>
  );
}

function titleFor(
  view: View,
  edited: CameraSettingsData | undefined,
  words: ReturnType<typeof useTexts>['cameraSettings'],
): string {
  if (view.at === 'add') return words.add;
  if (view.at === 'remove') return words.removeCamera(titleOf(view.camera));
  return edited === undefined ? words.title : titleOf(edited);
}
