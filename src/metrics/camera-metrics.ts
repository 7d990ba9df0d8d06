import type { Registry } from 'prom-client';
import type { CameraStats, PipelineStats, QualityMark } from '../native.ts';
import { registerGauges, registerLabelledCounter, registerLabelledGauge } from './reading.ts';

/** Reads the pipeline's own counters; called when metrics are scraped. */
export type StatsSource = () => PipelineStats;

interface CameraMetric {
  readonly name: string;
  readonly help: string;
  /** Whether it only grows. */
  readonly counts: boolean;
  /** Nothing where the camera has no such value yet. */
  readonly read: (camera: CameraStats) => number | undefined;
}

const qualityMarks: Readonly<Record<QualityMark, number>> = { excellent: 3, fair: 2, poor: 1, unusable: 0 };

const cameraMetrics: readonly CameraMetric[] = [
  {
    name: 'camera_live',
    help: 'Whether frames arrive: 1 or 0.',
    counts: false,
    read: (camera) => Number(camera.connection.state === 'live'),
  },
  {
    name: 'camera_quality',
    help: "Quality of the camera's stream: 3 excellent, 2 fair, 1 poor, 0 unusable.",
    counts: false,
    read: (camera) => qualityMarks[camera.quality],
  },
  {
    name: 'camera_result_age_seconds',
    help: 'Age of the newest result.',
    counts: false,
    read: (camera) => (camera.resultAgeMs === undefined ? undefined : camera.resultAgeMs / 1000),
  },
  {
    name: 'analysis_interval_seconds',
    help: 'Time between two analyses that is in effect: the configured one, stretched while there is too much to do.',
    counts: false,
    read: (camera) => camera.intervalMs / 1000,
  },
  {
    name: 'camera_frames_per_second',
    help: 'Frames received, over the last 10 s.',
    counts: false,
    read: (camera) => camera.framesPerSecond,
  },
  {
    name: 'camera_received_bytes_total',
    help: 'Bytes received.',
    counts: true,
    read: (camera) => camera.bytes,
  },
  {
    name: 'camera_frames_analysed_total',
    help: 'Frames analysed.',
    counts: true,
    read: (camera) => camera.analysed,
  },
  {
    name: 'camera_frames_reused_total',
    help: 'Of the frames analysed, those for which an earlier result stands because nothing had changed.',
    counts: true,
    read: (camera) => camera.reused,
  },
  {
    name: 'camera_frames_replaced_total',
    help: 'Frames that a newer one replaced before they were analysed.',
    counts: true,
    read: (camera) => camera.framesReplaced,
  },
  {
    name: 'camera_frames_stale_total',
    help: 'Frames dropped because they were too old to be analysed.',
    counts: true,
    read: (camera) => camera.framesStale,
  },
  {
    name: 'camera_decode_errors_total',
    help: 'Frames that could not be decoded.',
    counts: true,
    read: (camera) => camera.decodeErrors,
  },
];

/**
 * Registers what the pipeline counts for each camera, read when metrics are scraped. The label is the id of a camera
 * that runs now, so there are never more values than cameras may run.
 */
export function registerCameraMetrics(registry: Registry, stats: StatsSource): void {
  registerGauges(registry, [
    [
      'active_cameras',
      'Cameras whose frames arrive.',
      () => stats().cameras.filter((camera) => camera.connection.state === 'live').length,
    ],
  ]);
  for (const { name, help, counts, read } of cameraMetrics) {
    const register = counts ? registerLabelledCounter : registerLabelledGauge;
    register(registry, { name, help, labelNames: ['camera_id'], read: () => valuesOf(stats(), read) });
  }
}

function valuesOf({ cameras }: PipelineStats, read: CameraMetric['read']): [{ camera_id: string }, number][] {
  return cameras.flatMap((camera) => {
    const value = read(camera);
    return value === undefined ? [] : [[{ camera_id: camera.cameraId }, value]];
  });
}
