/** What a comparison needs beside the two sides: a clip, cameras that play it, and the peer's Python. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { copyFile, mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { here, run } from './processes.js';

const cache = here('../.cache/bench');

/** Starting takes a while before the measured time begins. */
const clipMarginSeconds = 30;

/** What a camera sends: a keyframe every 2 s, no B-frames. */
const profiles = {
  '720p': { size: '1280:720', rate: '2M', framesPerSecond: 25 },
  '1080p': { size: '1920:1080', rate: '4M', framesPerSecond: 25 },
  // So that serving hundreds of them leaves the processors to whoever is measured.
  '720p5': { size: '1280:720', rate: '500k', framesPerSecond: 5 },
};
export const profileNames = Object.keys(profiles);
/** A moving and a standing camera. */
const footage = ['highway', 'street-walkers'];

/**
 * Streets as cameras send them. Made once.
 *
 * @param {string} profile
 * @param {number} seconds How long each must last, at least.
 */
export async function preparedClips(profile, seconds) {
  await mkdir(cache, { recursive: true });
  const clips = [];
  for (const name of footage) clips.push(await preparedClip(name, profile, seconds));
  return clips;
}

/**
 * @param {string} name
 * @param {string} profile
 * @param {number} seconds
 */
async function preparedClip(name, profile, seconds) {
  const { size, rate, framesPerSecond } = profiles[/** @type {keyof typeof profiles} */ (profile)];
  const clipSeconds = Math.ceil((seconds + clipMarginSeconds) / 60) * 60;
  const file = join(cache, `${name}-${profile}-${clipSeconds}s.mp4`);
  if (existsSync(file)) return file;
  console.error(`making ${file}`);
  const unfinished = join(cache, 'unfinished.mp4');
  const input = ['-stream_loop', '-1', '-i', here(`../demo/${name}.mp4`), '-t', String(clipSeconds), '-an'];
  const fitted = `scale=${size}:force_original_aspect_ratio=increase,crop=${size},fps=${framesPerSecond}`;
  const picture = ['-vf', fitted, '-pix_fmt', 'yuv420p'];
  const codec = ['-c:v', 'libx264', '-preset', 'veryfast', '-profile:v', 'main', '-bf', '0'];
  const bits = ['-b:v', rate, '-maxrate', rate, '-bufsize', rate];
  const gopFrames = String(2 * framesPerSecond);
  const gop = ['-g', gopFrames, '-keyint_min', gopFrames, '-sc_threshold', '0'];
  await run('ffmpeg', ['-v', 'error', '-y', ...input, ...picture, ...codec, ...bits, ...gop, unfinished]);
  await rename(unfinished, file);
  return file;
}

/** @type {Readonly<Record<string, readonly string[]>>} */
const longGopCodecs = {
  'H.264': ['-c:v', 'libx264', '-preset', 'veryfast', '-bf', '0', '-sc_threshold', '0'],
  'H.264, B-frames': ['-c:v', 'libx264', '-preset', 'veryfast', '-bf', '3', '-sc_threshold', '0'],
  'H.265, B-frames': ['-c:v', 'libx265', '-preset', 'superfast', '-x265-params', 'bframes=3:scenecut=0:log-level=none'],
};
export const longGopKinds = Object.keys(longGopCodecs);
const longGopSeconds = 20;

/**
 * The same streets as cameras send them that save bits: a keyframe every 10 s. Made once.
 *
 * @param {string} profile
 * @param {string} kind One of `longGopKinds`.
 */
export async function preparedLongGopClips(profile, kind) {
  const { framesPerSecond } = profiles[/** @type {keyof typeof profiles} */ (profile)];
  const clips = [];
  for (const [index, input] of (await preparedClips(profile, 0)).entries()) {
    const name = footage[index] ?? '';
    const file = join(cache, `${name}-${profile}-${kind.replaceAll(/\W+/g, '-')}-long.mp4`);
    clips.push({ name, file });
    if (existsSync(file)) continue;
    console.error(`making ${file}`);
    const unfinished = join(cache, 'unfinished.mp4');
    const gopFrames = String(10 * framesPerSecond);
    const stream = [...(longGopCodecs[kind] ?? []), '-g', gopFrames, '-keyint_min', gopFrames, '-b:v', '1500k'];
    await run('ffmpeg', ['-v', 'error', '-y', '-i', input, '-t', String(longGopSeconds), '-an', ...stream, unfinished]);
    await rename(unfinished, file);
  }
  return clips;
}

/**
 * A native program of the measurements, built.
 *
 * @param {'roadwatch_stages' | 'roadwatch_long_gop'} name
 */
export async function preparedTool(name) {
  await run('cmake', ['--preset', 'release', '-S', here('..')]);
  await run('cmake', ['--build', here('../build-release'), '--target', name]);
  return here(`../build-release/${name}`);
}

/**
 * A peer's Python, with what its requirements name; installed when these have changed.
 *
 * @param {string} name Of its folder.
 * @param {string} requirementsFile
 */
export async function preparedPython(name = 'venv', requirementsFile = 'peer/requirements.txt') {
  const requirements = here(requirementsFile);
  const folder = join(cache, name);
  const python = join(folder, 'bin/python');
  const installed = join(folder, 'installed.txt');
  if (existsSync(installed) && readFileSync(installed, 'utf8') === readFileSync(requirements, 'utf8')) return python;
  console.error(`installing the peer's Python packages into ${folder}`);
  await run('python3', ['-m', 'venv', '--clear', folder]);
  await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements]);
  await copyFile(requirements, installed);
  return python;
}

/** GStreamer's RTSP server on a free port, a process of its own. */
export class RtspServer {
  #process;
  #lines;
  #port;

  /**
   * @param {import('node:child_process').ChildProcess} process
   * @param {import('node:readline').Interface} lines
   * @param {string} port
   */
  constructor(process, lines, port) {
    this.#process = process;
    this.#lines = lines;
    this.#port = port;
  }

  /**
   * @param {readonly string[]} clips In turn.
   * @param {number} cameras
   */
  static async start(clips, cameras) {
    const options = [...clips.flatMap((clip) => ['--file', clip]), '--count', String(cameras), '--port', '0'];
    // Debian's own Python: GStreamer's bindings are made for it.
    const child = spawn('/usr/bin/python3', [here('../tests/rtsp/serve.py'), ...options], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: child.stdout });
    const line = await Promise.race([once(lines, 'line'), once(child, 'exit')]);
    const port = /^ready (\d+)$/.exec(String(line[0]))?.[1];
    if (port === undefined) throw new Error('the RTSP server did not start; scripts/setup.sh --test installs it');
    return new RtspServer(child, lines, port);
  }

  /**
   * Closes the connections of those who look at a camera, from 1. False where nobody does.
   *
   * @param {number} camera
   */
  async drop(camera) {
    const answer = once(this.#lines, 'line');
    this.#process.stdin?.write(`drop ${camera}\n`);
    const [line] = await answer;
    return line === 'ok';
  }

  /** With `{n}` for the camera's number. */
  get url() {
    return `rtsp://127.0.0.1:${this.#port}/cam{n}`;
  }

  /**
   * Of the first so many cameras.
   *
   * @param {number} cameras
   */
  urls(cameras) {
    return Array.from({ length: cameras }, (_, index) => this.url.replaceAll('{n}', String(index + 1)));
  }

  async close() {
    if (this.#process.exitCode !== null) return;
    const exit = once(this.#process, 'exit');
    this.#process.kill();
    await exit;
  }
}
