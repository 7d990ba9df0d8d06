import type { CameraTestData } from '../../../src/server/messages.ts';
import { useTexts } from '../i18n/language.ts';

type Stream = NonNullable<CameraTestData['stream']>;

/** What a test of a camera came to: what is sent, a picture, what is wrong and what to do. */
export function TestResult({ result }: { result: CameraTestData | 'testing' | undefined }) {
  const texts = useTexts();
  const words = texts.cameraSettings;
  if (result === undefined) return <div class="test-result" role="status" />;
  if (result === 'testing') {
    return (
      <div class="test-result" role="status" data-testid="test-result" data-state="testing">
        <p>{words.testing}</p>
      </div>
    );
  }
  const { reachable, fault, stream, advice, snapshot } = result;
  return (
    <div class="test-result" role="status" data-testid="test-result" data-state={reachable ? 'good' : 'bad'}>
      {fault === undefined ? null : <p class="bad">{texts.faults[fault.code] ?? fault.message}</p>}
      {stream === undefined ? null : <p class="good">{words.works}</p>}
      {snapshot === undefined ? null : <img class="snapshot" src={snapshot} alt={words.snapshot} />}
      {stream === undefined ? null : <StreamFacts stream={stream} />}
      {advice.length === 0 ? null : (
        <ul class="advice">
          {advice.map(({ code, severity, message, keyframeEveryFrames }) => (
            <li key={code} data-severity={severity} data-code={code}>
              {words.advice[code]?.(stream, keyframeEveryFrames) ?? message}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function StreamFacts({ stream }: { stream: Stream }) {
  const words = useTexts().cameraSettings;
  const facts: readonly (readonly [string, string | undefined])[] = [
    [words.codec, stream.codec],
    [words.resolution, `${stream.imageWidth} × ${stream.imageHeight}`],
    [words.frameRate, stream.framesPerSecond === undefined ? undefined : words.perSecond(stream.framesPerSecond)],
    [words.keyframes, words.keyframesEvery(stream.gopMs, stream.watchedMs)],
    [words.bitRate, stream.bitsPerSecond === undefined ? undefined : words.megabits(stream.bitsPerSecond)],
  ];
  return (
    <dl class="stream-facts">
      {facts.map(([name, value]) =>
        value === undefined ? null : (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ),
      )}
    </dl>
  );
}
