/**
 * Pairs what `roadwatch detect` printed on two machines:
 *   node tests/arm64/pair_boxes.js ONE.jsonl OTHER.jsonl
 * Each box that either reports must have its like (same class, IoU of 0.5 or more) on the other. Both are given what is a little below the
 * threshold, too: a like may have slipped under it. Prints figures; ends with 1 where a box is alone.
 */
import { readFileSync } from 'node:fs';

/** What is reported without being asked for less. */
const threshold = 0.35;
const leastIou = 0.5;
const closeIou = 0.95;

const [one, other] = process.argv.slice(2).map((file) => readFileSync(file, 'utf8').trim().split('\n').map(JSON.parse));
if (one.length !== other.length) throw new Error(`${one.length} pictures on the one, ${other.length} on the other`);

const ious = [];
const scoreGaps = [];
const alone = [];
let slipped = 0;
for (const [index, picture] of one.entries()) {
  const place = `${picture.file} ${picture.frameTimeMs ?? ''}`;
  pair(picture.detectedObjects, [...other[index].detectedObjects], place);
}
report();

/** Best pairs first, each box in one of them. */
function pair(mine, theirs, place) {
  const isReported = ({ confidence }) => confidence > threshold;
  const pairs = mine
    .flatMap((a) => theirs.map((b) => ({ a, b, iou: a.class === b.class ? iouOf(a.bbox, b.bbox) : 0 })))
    .filter(({ a, b, iou }) => iou >= leastIou && (isReported(a) || isReported(b)))
    .sort((p, q) => q.iou - p.iou);
  const paired = new Set();
  for (const { a, b, iou } of pairs) {
    if (paired.has(a) || paired.has(b)) continue;
    paired.add(a).add(b);
    ious.push(iou);
    scoreGaps.push(Math.abs(a.confidence - b.confidence));
    if (!isReported(a) || !isReported(b)) slipped += 1;
  }
  alone.push(
    ...[...mine, ...theirs].filter((box) => isReported(box) && !paired.has(box)).map((box) => ({ place, ...box })),
  );
}

function iouOf([ax1, ay1, ax2, ay2], [bx1, by1, bx2, by2]) {
  const width = Math.max(0, Math.min(ax2, bx2) - Math.max(ax1, bx1));
  const height = Math.max(0, Math.min(ay2, by2) - Math.max(ay1, by1));
  const common = width * height;
  return common / ((ax2 - ax1) * (ay2 - ay1) + (bx2 - bx1) * (by2 - by1) - common);
}

function report() {
  const close = ious.filter((iou) => iou >= closeIou).length;
  const figures = {
    pictures: one.length,
    paired: ious.length,
    shareAtIou95: Number((close / ious.length).toFixed(4)),
    leastIou: Number(Math.min(...ious).toFixed(3)),
    largestScoreGap: Number(Math.max(...scoreGaps).toFixed(3)),
    slipped,
    alone: alone.length,
  };
  console.log(JSON.stringify(figures));
  for (const box of alone) console.error(JSON.stringify(box));
  if (alone.length > 0 || ious.length === 0) process.exitCode = 1;
}
