import { useState } from 'preact/hooks';
import type { CameraSettingsData, CameraSettingsListData } from '../../../src/server/messages.ts';
import { useTexts } from '../i18n/language.ts';
import { CloseIcon, DownIcon, PlusIcon, UpIcon } from '../icons.tsx';

interface CameraListProps {
  readonly data: CameraSettingsListData;
  readonly onAdd: () => void;
  readonly onEdit: (camera: CameraSettingsData) => void;
  readonly onRemove: (camera: CameraSettingsData) => void;
  readonly onOrder: (ids: readonly string[]) => void;
}

/** All cameras in their order, to be edited, removed and moved. */
export function CameraList({ data, onAdd, onEdit, onRemove, onOrder }: CameraListProps) {
  const words = useTexts().cameraSettings;
  const [said, setSaid] = useState('');
  const { cameras, defaults } = data;

  function move(index: number, by: -1 | 1) {
    const ids = cameras.map(({ id }) => id);
    const [moved = ''] = ids.splice(index, 1);
    ids.splice(index + by, 0, moved);
    const camera = cameras[index];
    if (camera) setSaid(words.moved(titleOf(camera), index + by + 1));
    onOrder([...new Set(ids)]);
  }

  return (
    <>
      {cameras.length === 0 ? <p class="hint">{words.none}</p> : null}
      <ol class="camera-list">
        {cameras.map((camera, index) => (
          <li key={`${camera.origin} ${camera.id}`} data-testid="kept-camera" data-camera-id={camera.id}>
            <div class="who">
              <strong>{titleOf(camera)}</strong>
              <span class="hint">{camera.url}</span>
              <span class="hint">{remarksOn(camera, defaults.intervalMs, words).join(' · ')}</span>
              {camera.problem === undefined ? null : <span class="bad">{camera.problem.message}</span>}
            </div>
            <button
              type="button"
              class="icon"
              disabled={index === 0}
              aria-label={words.moveUp(titleOf(camera))}
              title={words.moveUp(titleOf(camera))}
              onClick={() => move(index, -1)}
            >
              <UpIcon />
            </button>
            <button
              type="button"
              class="icon"
              disabled={index === cameras.length - 1}
              aria-label={words.moveDown(titleOf(camera))}
              title={words.moveDown(titleOf(camera))}
              onClick={() => move(index, 1)}
            >
              <DownIcon />
            </button>
            <button
              type="button"
              class="small"
              disabled={camera.origin === 'file' || camera.shadowed}
              title={camera.origin === 'file' ? words.fromFileHint : undefined}
              aria-label={words.editCamera(titleOf(camera))}
              onClick={() => onEdit(camera)}
            >
              {words.edit}
            </button>
            <button
              type="button"
              class="icon"
              disabled={camera.origin === 'file'}
              aria-label={words.removeCamera(titleOf(camera))}
              title={camera.origin === 'file' ? words.fromFileHint : words.removeCamera(titleOf(camera))}
              onClick={() => onRemove(camera)}
            >
              <CloseIcon />
            </button>
          </li>
        ))}
      </ol>
      <p class="hidden" role="status">
        {said}
      </p>
      <div class="actions">
        <button type="button" class="primary" onClick={onAdd} data-testid="add-kept">
          <PlusIcon /> {words.add}
        </button>
      </div>
    </>
  );
}

export function titleOf({ id, name }: Pick<CameraSettingsData, 'id' | 'name'>): string {
  return name ?? id;
}

function remarksOn(
  { id, name, intervalMs, zones, enabled, origin, shadowed }: CameraSettingsData,
  commonIntervalMs: number,
  words: ReturnType<typeof useTexts>['cameraSettings'],
): string[] {
  return [
    ...(name === undefined ? [] : [id]),
    words.every(intervalMs ?? commonIntervalMs),
    ...(zones.length > 0 ? [words.zoneCount(zones.length)] : []),
    ...(enabled ? [] : [words.disabled]),
    ...(origin === 'file' ? [words.fromFile] : []),
    ...(shadowed ? [words.shadowed] : []),
  ];
}
