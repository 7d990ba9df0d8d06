import { afterEach, describe, expect, test, vi } from 'vitest';
import { Metrics } from '../../../src/metrics/metrics.ts';
import { readSystemFacts, type SystemFacts } from '../../../src/metrics/system-metrics.ts';
import type { CameraStats, DetectionEvent, PipelineStats } from '../../../src/native.ts';

const facts: SystemFacts = {
  os: 'Debian GNU/Linux 12',
  arch: 'arm64',
  cpu: 'Cortex-A78AE',
  cores: '6',
  memory_bytes: '8000000000',
  node: '20.20.2',
  version: '0.1.0',
};

const liveCamera: CameraStats = {
  cameraId: 'gate',
  connection: { state: 'live', sinceMs: 0 },
  quality: 'fair',
  stallsLastHour: 0,
  reconnectsLastHour: 0,
  packets: 100,
  bytes: 5000,
  framesPerSecond: 25,
  bytesPerSecond: 500,
  decodeMode: 'keyframes',
  configuredIntervalMs: 2000,
  intervalMs: 3000,
  decoder: 'software',
  decodeMs: 4,
  framesDecoded: 10,
  decodeErrors: 1,
  framesOffered: 0,
  framesReplaced: 3,
  framesStale: 2,
  analysed: 5,
  reused: 0,
  busy: false,
  resultAgeMs: 1500,
};

const { resultAgeMs: _, ...newCamera } = liveCamera;
const lostCamera: CameraStats = {
  ...newCamera,
  cameraId: 'lost',
  connection: { state: 'failed', sinceMs: 0, nextTryMs: 1, fault: { code: 'not-found', message: 'no stream' } },
};

function pipeline(cameras: readonly CameraStats[]): PipelineStats {
  return {
    cameras,
    framesWaiting: 2,
    batches: 4,
    batchedFrames: 9,
    batchesBySize: [1, 2, 0, 1],
    failedBatches: 1,
    stretch: 1.5,
  };
}

const event: DetectionEvent = {
  type: 'detection',
  cameraId: 'gate',
  capturedAtMs: 0,
  imageWidth: 10,
  imageHeight: 10,
  objects: [
    { classId: 0, confidence: 0.9, bbox: [0, 0, 1, 1] },
    { classId: 1, confidence: 0.8, bbox: [0, 0, 1, 1] },
    { classId: 0, confidence: 0.7, bbox: [0, 0, 1, 1] },
  ],
  groups: [{ members: [0, 1], bbox: [0, 0, 1, 1], meanConfidence: 0.85 }],
  timings: {
    totalMs: 60,
    decodeMs: 1,
    queueMs: 20,
    letterboxMs: 1,
    inferenceMs: 1,
    resultQueueMs: 4,
    postprocessMs: 1,
  },
};

let metrics: Metrics;
let stats: PipelineStats;

function create(cameras: readonly CameraStats[] = []): void {
  stats = pipeline(cameras);
  metrics = new Metrics(() => stats, facts);
}

/** The scraped values of a metric, by what stands before them. */
async function values(name: string): Promise<string[]> {
  return (await metrics.text()).split('\n').filter((line) => line.startsWith(name));
}

afterEach(() => metrics.close());

describe('detection', () => {
  test('frames, objects by class, groups and latency are counted', async () => {
    create();
    metrics.observeDetection(event, ['person', 'car']);
    metrics.observeDetection(event, ['person', 'car']);
    expect(await values('detection_total')).toEqual(['detection_total 2']);
    expect(await values('detected_objects_total')).toEqual([
      'detected_objects_total{class="person"} 4',
      'detected_objects_total{class="car"} 2',
    ]);
    expect(await values('traffic_groups_total')).toEqual(['traffic_groups_total 2']);
    expect(await values('detection_latency_seconds_bucket{le="0.05"}')).toEqual([
      'detection_latency_seconds_bucket{le="0.05"} 0',
    ]);
    expect(await values('detection_latency_seconds_bucket{le="0.1"}')).toEqual([
      'detection_latency_seconds_bucket{le="0.1"} 2',
    ]);
  });

  test('detection_total is there before the first frame, so that rate() has data', async () => {
    create();
    expect(await values('detection_total')).toEqual(['detection_total 0']);
  });
});

describe('cameras', () => {
  test('only those whose frames arrive are active', async () => {
    create([liveCamera, lostCamera]);
    expect(await values('active_cameras')).toEqual(['active_cameras 1']);
    expect(await values('camera_live')).toEqual(['camera_live{camera_id="gate"} 1', 'camera_live{camera_id="lost"} 0']);
  });

  test('what is dropped is counted, by camera', async () => {
    create([liveCamera]);
    expect(await values('camera_frames_replaced_total')).toEqual(['camera_frames_replaced_total{camera_id="gate"} 3']);
    expect(await values('camera_frames_stale_total')).toEqual(['camera_frames_stale_total{camera_id="gate"} 2']);
    expect(await values('camera_quality')).toEqual(['camera_quality{camera_id="gate"} 2']);
  });

  test('an age is told only where there is a result', async () => {
    create([liveCamera, lostCamera]);
    expect(await values('camera_result_age_seconds')).toEqual(['camera_result_age_seconds{camera_id="gate"} 1.5']);
  });

  test('a camera that has gone leaves no labels behind', async () => {
    create([liveCamera]);
    await metrics.text();
    stats = pipeline([]);
    expect(await metrics.text()).not.toContain('gate');
  });

  test('one scrape reads the pipeline once, and counts nothing twice', async () => {
    create([liveCamera]);
    await metrics.text();
    expect(await values('camera_frames_analysed_total')).toEqual(['camera_frames_analysed_total{camera_id="gate"} 5']);
    expect(await values('pipeline_batches_total')).toEqual(['pipeline_batches_total 4']);
    expect(await values('pipeline_interval_stretch')).toEqual(['pipeline_interval_stretch 1.5']);
    expect(await values('analysis_interval_seconds')).toContain('analysis_interval_seconds{camera_id="gate"} 3');
  });
});

describe('queues', () => {
  test('the frames of each run are a histogram', async () => {
    create();
    expect(await values('pipeline_batch_frames')).toEqual([
      'pipeline_batch_frames_bucket{le="1"} 1',
      'pipeline_batch_frames_bucket{le="2"} 3',
      'pipeline_batch_frames_bucket{le="4"} 4',
      'pipeline_batch_frames_bucket{le="8"} 4',
      'pipeline_batch_frames_bucket{le="16"} 4',
      'pipeline_batch_frames_bucket{le="32"} 4',
      'pipeline_batch_frames_bucket{le="64"} 4',
      'pipeline_batch_frames_bucket{le="+Inf"} 4',
      'pipeline_batch_frames_sum 9',
      'pipeline_batch_frames_count 4',
    ]);
    expect(await metrics.text()).toContain('# TYPE pipeline_batch_frames histogram\n');
  });

  test('waiting is told by queue; a frame that was in no batch waited for none', async () => {
    create();
    expect(await values('pipeline_queue_seconds_count')).toEqual([
      'pipeline_queue_seconds_count{queue="batch"} 0',
      'pipeline_queue_seconds_count{queue="result"} 0',
    ]);
    metrics.observeDetection(event, []);
    metrics.observeDetection({ ...event, reused: true }, []);
    expect(await values('pipeline_queue_seconds_sum')).toEqual([
      'pipeline_queue_seconds_sum{queue="batch"} 0.02',
      'pipeline_queue_seconds_sum{queue="result"} 0.008',
    ]);
    expect(await values('pipeline_queue_seconds_count{queue="batch"}')).toEqual([
      'pipeline_queue_seconds_count{queue="batch"} 1',
    ]);
  });
});

describe('errors', () => {
  test('are counted by code, and codes beyond a limit together', async () => {
    create();
    metrics.countError('unauthorized');
    metrics.countError('unauthorized');
    for (let n = 0; n < 100; n += 1) metrics.countError(`code-${n}`);
    const lines = await values('pipeline_errors_total');
    expect(lines).toContain('pipeline_errors_total{code="unauthorized"} 2');
    expect(lines).toContain('pipeline_errors_total{code="other"} 37');
    expect(lines).toHaveLength(65);
  });
});

describe('the machine', () => {
  test('its facts are labels of system_info', async () => {
    create();
    expect(await values('system_info')).toEqual([
      'system_info{os="Debian GNU/Linux 12",arch="arm64",cpu="Cortex-A78AE",cores="6",memory_bytes="8000000000",node="20.20.2",version="0.1.0"} 1',
    ]);
  });

  test('the facts of this machine name no host', async () => {
    create();
    const { hostname } = await import('node:os');
    const read = await readSystemFacts('1.2.3');
    expect(read).toMatchObject({ node: process.versions.node, version: '1.2.3', arch: process.arch });
    expect(Object.values(read)).not.toContain(hostname());
  });

  test('a blocked event loop shows', async () => {
    create();
    const blockedMs = 80;
    await vi.waitFor(async () => {
      const untilMs = performance.now() + blockedMs;
      while (performance.now() < untilMs);
      // The sampling timer runs before the second of these.
      for (let turn = 0; turn < 2; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      const [line = ''] = await values('event_loop_delay_seconds{quantile="1"}');
      expect(Number(line.split(' ').at(-1))).toBeGreaterThan(0.05);
    });
  });
});
