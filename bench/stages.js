/** Each step of an analysis alone, beside what it costs the peer; a table, and one JSON line last. */

import { loadModel } from '../dist/detect/manifest.js';
import { chooseCandidates } from '../dist/detect/model-candidates.js';
import { measurePlan } from '../dist/tune/measure-plan.js';
import { inputSize } from './cameras.js';
import { machine, modelFile } from './compare.js';
import { preparedClips, preparedPython, preparedTool } from './prepare.js';
import { here, run } from './processes.js';

const modelSeconds = 2;
const framesPerSecond = 25;

/** @param {{profile: string, interval: number}} options */
export async function stages({ profile, interval }) {
  const [clip = ''] = await preparedClips(profile, 0);
  const tool = await preparedTool('roadwatch_stages');
  const python = await preparedPython();
  const ours = { ...JSON.parse(await run(tool, [clip])), model_ms: await modelMs() };
  const peer = JSON.parse(
    await run(python, [here('peer/stages.py'), '--model', modelFile, '--clip', clip, '--size', inputSize]),
  );
  // All frames of an interval are decoded there, one of them is analysed.
  const rows = [
    { step: 'decode, for one analysis', roadwatch: ours.keyframe_ms, peer: peer.frame_ms * framesPerSecond * interval },
    { step: 'letterbox', roadwatch: ours.letterbox_ms, peer: peer.letterbox_ms },
    { step: 'model', roadwatch: ours.model_ms, peer: peer.model_ms },
    { step: 'boxes, NMS, groups', roadwatch: ours.postprocess_ms, peer: peer.postprocess_ms },
    { step: 'JPEG, raw', roadwatch: ours.raw_jpeg_ms, peer: peer.raw_jpeg_ms },
    { step: 'JPEG, drawn', roadwatch: ours.drawn_jpeg_ms, peer: peer.drawn_jpeg_ms },
  ];
  const sum = (/** @type {'roadwatch' | 'peer'} */ side) => rows.reduce((total, row) => total + row[side], 0);
  rows.push({ step: 'sum', roadwatch: sum('roadwatch'), peer: sum('peer') });
  console.log(table(rows));
  console.log(JSON.stringify({ profile, interval, machine: machine(), roadwatch: ours, peer }));
}

/** One worker, one thread, one frame a run. */
async function modelMs() {
  const plan = { workers: 1, threadsPerWorker: 1, maxBatch: 1 };
  const model = await loadModel(here('../models/nanodet-g.yaml'));
  const candidates = await chooseCandidates(model, { providers: ['cpu'], precision: 'int8', planFor: () => plan });
  const [heightPx = 0, widthPx = 0] = inputSize.split('x').map(Number);
  const { input, output, classes } = model.manifest;
  const { cpuMsPerFrame } = await measurePlan(plan, {
    candidates,
    inputName: input.name,
    outputName: output.name,
    outputRows: 4 + classes.length,
    heightPx,
    widthPx,
    seconds: modelSeconds,
  });
  return cpuMsPerFrame;
}

/** @param {readonly {step: string, roadwatch: number, peer: number}[]} rows */
function table(rows) {
  const lines = rows.map(
    ({ step, roadwatch, peer }) =>
      `| ${step} | ${roadwatch.toFixed(2)} | ${peer.toFixed(2)} | ${(peer / roadwatch).toFixed(1)} |`,
  );
  return [
    '| milliseconds, one thread | Roadwatch | peer | peer / Roadwatch |',
    '| --- | --- | --- | --- |',
    ...lines,
    '',
  ].join('\n');
}
