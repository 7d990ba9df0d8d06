import { useEffect, useRef } from 'preact/hooks';
import type { AlertData, DetectionResultData } from '../../../src/server/messages.ts';
import { useTexts } from '../i18n/language.ts';
import type { Camera } from './camera-store.ts';
import { drawOverlay, type OverlayOptions } from './overlay.ts';
import { PictureCanvas } from './picture-canvas.ts';

/** A camera's newest picture with what was seen in it; both change together. */
export function CameraView({
  camera,
  labels,
  alerts,
}: {
  camera: Camera;
  labels: boolean;
  alerts: readonly AlertData[];
}) {
  const texts = useTexts();
  const options: OverlayOptions = {
    labels,
    alerts,
    className: (name) => texts.classes[name] ?? name,
    levelName: (level) => texts.levels[level],
  };
  // What is drawn when a picture is decoded is what holds by then.
  const newestOptions = useRef(options);
  newestOptions.current = options;
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
      drawOverlay(overlay, shown, newestOptions.current);
      overlay.dataset.timestamp = timestamp;
    });
  }, [picture]);

  useEffect(() => {
    const overlay = overlayRef.current;
    if (!overlay?.dataset.timestamp || !detection) return;
    drawOverlay(overlay, detection, options);
  }, [labels, texts, alerts.map(({ id, level }) => id + level).join(' ')]);

  return (
    <div class="view" data-has-picture={picture ? 'true' : 'false'}>
      <canvas class="picture" ref={pictureRef} data-testid="picture" />
      <canvas class="overlay" ref={overlayRef} data-testid="overlay" />
      {picture ? null : <p class="waiting">{texts.waitingPicture}</p>}
    </div>
  );
}
