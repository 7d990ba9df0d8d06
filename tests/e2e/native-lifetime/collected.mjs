/**
 * Lanes and pipelines that are closed while answers and events are still on their way, and that nobody holds any more:
 * the promises settle, and everything is collected in the end. Prints how many of each. Run with --expose-gc.
 */
import { camera, openLane, openPipeline } from './engine.mjs';

const rounds = 40;
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Closed while it waits, and while something may be on its way to it. */
function abandonLane(pipeline, held) {
  const lane = openLane(pipeline);
  held.push(new WeakRef(lane));
  const answer = lane.next();
  lane.close();
  return answer;
}

async function abandonPipeline(held) {
  let told;
  const event = new Promise((resolve) => {
    told = resolve;
  });
  const pipeline = openPipeline(() => told());
  held.push(new WeakRef(pipeline));
  pipeline.addCamera(camera('street'));
  await event;
  const closed = pipeline.close();
  gc();
  return closed;
}

const lanes = [];
const pipelines = [];
const server = openPipeline();
const answers = [];
for (let i = 0; i < rounds; i += 1) {
  answers.push(abandonLane(server, lanes));
  gc();
}
const settled = await Promise.all(answers);
await server.close();
for (let i = 0; i < rounds; i += 1) await abandonPipeline(pipelines);

const left = (references) => references.filter((one) => one.deref() !== undefined).length;
for (let i = 0; i < 50 && left(lanes) + left(pipelines) > 0; i += 1) {
  await turn();
  gc();
}
console.log(
  JSON.stringify({
    answeredNull: settled.filter((batch) => batch === null).length,
    lanesLeft: left(lanes),
    pipelinesLeft: left(pipelines),
  }),
);
