/** Everything that starts a thread, while none can be started, and again when one can; prints the codes as JSON. */
import { readdirSync, readFileSync } from 'node:fs';
import { camera, clip, codeOf, native, openPipeline } from './engine.mjs';

const probe = () =>
  native.probe({ url: clip, allowFiles: true, transport: 'tcp', connectTimeoutMs: 1000, readTimeoutMs: 1000 });
const pipeline = openPipeline();
pipeline.addCamera(camera('early'));

const tries = {
  openPipeline,
  addCamera: () => pipeline.addCamera(camera('late')),
  removeCamera: () => pipeline.removeCamera('early'),
  probe,
  close: () => pipeline.close(),
};

function nameOfThread(id) {
  try {
    return readFileSync(`/proc/self/task/${id}/comm`, 'utf8').trim();
  } catch {
    return 'gone meanwhile';
  }
}

/** How many are left once the kernel, too, has let go of those that were joined. */
async function threadsLeft(name) {
  let left = 0;
  for (let turns = 0; turns < 1000; turns += 1) {
    left = readdirSync('/proc/self/task').filter((id) => nameOfThread(id) === name).length;
    if (left === 0) break;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return left;
}

async function tryAll(steps) {
  const codes = {};
  for (const [name, step] of Object.entries(steps)) codes[name] = await codeOf(step);
  return codes;
}

process.env.NO_MORE_THREADS = 'yes';
const without = await tryAll(tries);
const camerasWithout = pipeline.stats().cameras.length;
delete process.env.NO_MORE_THREADS;
// The early camera is out already; what was left of it goes with the late one.
const afterwards = await tryAll({
  addCamera: tries.addCamera,
  removeCamera: () => pipeline.removeCamera('late'),
  probe,
});
const readersLeft = await threadsLeft('rw-reader');
const close = await codeOf(tries.close);
// Nothing is left that keeps the process up: it ends by itself.
console.log(JSON.stringify({ without, camerasWithout, afterwards: { ...afterwards, close }, readersLeft }));
