import { useEffect, useRef } from 'preact/hooks';
import type { DetectionResultData } from '../../../src/server/messages.ts';
import { useTexts } from '../i18n/language.ts';
import type { Camera } from './camera-store.ts';
import { drawOverlay } from './overlay.ts';
import { PictureCanvas } from './picture-canvas.ts';

/** A camera's newest picture with what was seen in it; both change together. */
export function CameraView({ camera, labels }: { camera: Camera; labels: boolean }) {
  const texts = useTexts();
  const pictureRef = useRef<HTMLCanvasElement>(null);
  const overlayRef = useRef<HTMLCanvasElement>(null);
  const decoder = useRef(new PictureCanvas());
  const detections = useRef(new Map<string, DetectionResultData>());
  const { picture, detection } = camera;

  useEffect(() => {
    if (!picture || !detection || !pictureRef.current || document.hidden) return;
    detections.current.set(picture.head.timestamp, detection);
    decoder.current.show(pictureRef.current, picture, (timestamp) => {
      const shown = detections.current.get(timestamp);
      detections.current.clear();
      const overlay = overlayRef.current;
      if (!shown || !overlay) return;
      drawOverlay(overlay, shown, { labels, className: (name) => texts.classes[name] ?? name });
      overlay.dataset.timestamp = timestamp;
    });
  }, [picture]);

  useEffect(() => {
    const overlay = overlayRef.current;
    if (!overlay?.dataset.timestamp || !detection) return;
    drawOverlay(overlay, detection, { labels, className: (name) => texts.classes[name] ?? name });
  }, [labels, texts]);

  return (
    <div class="view" data-has-picture={picture ? 'true' : 'false'}>
      <canvas class="picture" ref={pictureRef} data-testid="picture" />
      <canvas class="overlay" ref={overlayRef} data-testid="overlay" />
      {picture ? null : <p class="waiting">{texts.waitingPicture}</p>}
    </div>
  );
}
