import { useState } from 'preact/hooks';
import type { Appliance } from '../connection/appliance.ts';
import { useTexts } from '../i18n/language.ts';
import { Dialog } from './dialog.tsx';

interface TestResult {
  readonly good: boolean;
  readonly words: string;
}

/** Asks for a camera's address, lets it be tested, and starts it. */
export function AddCamera({ appliance, onClose }: { appliance: Appliance; onClose: () => void }) {
  const texts = useTexts();
  const [cameraId, setCameraId] = useState('');
  const [address, setAddress] = useState('');
  const [result, setResult] = useState<TestResult | 'testing' | undefined>();
  const complete = cameraId.trim() !== '' && address.trim() !== '';

  async function test() {
    setResult('testing');
    const answer = await appliance.checkCamera(cameraId.trim(), address.trim());
    const good = answer.status === 1;
    setResult({
      good,
      words: good && answer.latencyMs !== undefined ? texts.reachable(answer.latencyMs) : answer.message,
    });
  }

  function start(event: Event) {
    event.preventDefault();
    if (!complete) return;
    appliance.startCamera(cameraId.trim(), address.trim());
    onClose();
  }

  return (
    <Dialog title={texts.addCamera} onClose={onClose}>
      <form onSubmit={start}>
        <label>
          {texts.cameraId}
          <input
            name="cameraId"
            required
            maxLength={64}
            value={cameraId}
            onInput={(event) => setCameraId(event.currentTarget.value)}
          />
        </label>
        <label>
          {texts.address}
          <input
            name="address"
            required
            placeholder="rtsp://user:password@192.168.1.10/stream1"
            autocomplete="off"
            spellcheck={false}
            value={address}
            onInput={(event) => setAddress(event.currentTarget.value)}
          />
        </label>
        <p class="result" role="status" data-good={typeof result === 'object' ? result.good : undefined}>
          {result === 'testing' ? texts.testing : result?.words}
        </p>
        <div class="actions">
          <button type="button" disabled={!complete || result === 'testing'} onClick={() => void test()}>
            {texts.test}
          </button>
          <span class="space" />
          <button type="button" onClick={onClose}>
            {texts.cancel}
          </button>
          <button type="submit" class="primary" disabled={!complete}>
            {texts.start}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
