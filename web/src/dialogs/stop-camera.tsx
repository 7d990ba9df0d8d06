import type { Camera } from '../camera/camera-store.ts';
import { useTexts } from '../i18n/language.ts';
import { Dialog } from './dialog.tsx';

/** Asks before a camera is stopped. */
export function StopCamera({ camera, onStop, onClose }: { camera: Camera; onStop: () => void; onClose: () => void }) {
  const texts = useTexts();
  return (
    <Dialog title={texts.stopQuestion(camera.facts?.name ?? camera.id)} onClose={onClose}>
      <div class="actions">
        <span class="space" />
        <button type="button" onClick={onClose}>
          {texts.cancel}
        </button>
        <button
          type="button"
          class="primary"
          onClick={() => {
            onStop();
            onClose();
          }}
        >
          {texts.stopCamera}
        </button>
      </div>
    </Dialog>
  );
}
