/** The wire contract, as an existing front end speaks it, against the real program on real footage. */
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Appliance, repositoryRoot } from './support/appliance.ts';
import { Viewer } from './support/viewer.ts';

const walkers = join(repositoryRoot, 'demo/street-walkers.mp4');
const highway = join(repositoryRoot, 'demo/highway.mp4');
const jpegDataUri = /^data:image\/jpeg;base64,\/9j\//;

let appliance: Appliance;
const viewers: Viewer[] = [];

async function connect(query = ''): Promise<Viewer> {
  const viewer = await Viewer.connect(appliance.url, query);
  viewers.push(viewer);
  return viewer;
}

beforeAll(async () => {
  appliance = await Appliance.start({ allowFiles: true, analysis: { intervalMs: 500 } });
});
afterEach(() => {
  for (const viewer of viewers.splice(0)) viewer.close();
});
afterAll(() => appliance.stop());

describe('a client of the contract', () => {
  it('is greeted and answered', async () => {
    const viewer = await connect();
    expect((await viewer.waitFor('connection_ack')).data.message).toBe('WS connected (pipeline ready)');
    viewer.send('ping');
    await viewer.waitFor('pong');
  });

  it('starts a stream and gets detections with every field of the contract', async () => {
    const viewer = await connect();
    viewer.send('start_stream', { cameraId: 7, rtspUrl: walkers });
    const { data } = await viewer.waitFor('detection_result', (result) => result.trafficGroups.length > 0);
    expect(data).toMatchObject({
      cameraId: 7,
      imageWidth: 768,
      imageHeight: 576,
      dangerousDrivingResults: [],
      hasDangerousDriving: false,
      maxRiskLevel: 'none',
      trackingEnabled: false,
      serverDrawEnabled: true,
    });
    expect(data.timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(Math.abs(Date.now() - Date.parse(data.timestamp))).toBeLessThan(10_000);
    expect(data.frame).toMatch(jpegDataUri);
    expect(data.rawFrame).toMatch(jpegDataUri);
    expect(data.frame).not.toBe(data.rawFrame);
    expect(data.supportedClasses).toContain('person');
    expect(typeof data.modelType).toBe('string');
    expect(typeof data.llmModel).toBe('string');
    expect(typeof data.llmRawText).toBe('string');
    expect(data.llmLatency).toBe(0);
    expect(data.processTime).toBeGreaterThan(0);

    for (const object of data.detectedObjects) {
      expect(object).toMatchObject({ class: expect.any(String), level: 'none' });
      expect(object.confidence).toBeGreaterThan(0.35);
      const [x1, y1, x2, y2] = object.bbox;
      expect(x1 >= 0 && y1 >= 0 && x2 <= 768 && y2 <= 576 && x1 < x2 && y1 < y2).toBe(true);
    }
    const group = data.trafficGroups[0];
    expect(group).toMatchObject({
      groupIndex: 1,
      objectCount: group.memberCount,
      bbox: group.groupBbox,
      riskLevel: 'none',
    });
    expect(group.avgConfidence).toBe(group.averageConfidence);
    expect(group.memberIndices).toHaveLength(group.objectCount);
    for (const member of group.memberIndices) expect(group.classes).toContain(data.detectedObjects[member].class);

    const image = data.groupImages[0];
    expect(image).toMatchObject({ groupIndex: 1, objectCount: group.objectCount, classes: group.classes });
    // The group's box, 12 px wider on each side, in whole pixels, cut at the picture's edge.
    const [gx1, gy1, gx2, gy2] = group.bbox;
    const expectedBox = [
      Math.max(0, Math.floor(gx1 - 12)),
      Math.max(0, Math.floor(gy1 - 12)),
      Math.min(768, Math.ceil(gx2 + 12)),
      Math.min(576, Math.ceil(gy2 + 12)),
    ];
    expect(image.bbox).toEqual(expectedBox);
    expect(image.imageWidth).toBe(image.bbox[2] - image.bbox[0]);
    expect(image.imageHeight).toBe(image.bbox[3] - image.bbox[1]);
    viewer.send('stop_stream', { cameraId: 7 });
    expect((await viewer.waitFor('stream_stopped')).data).toMatchObject({ cameraId: 7, reason: expect.any(String) });
  });

  it('keeps getting results, each from a later frame', async () => {
    const viewer = await connect('frames=none');
    viewer.send('start_stream', { cameraId: 'h', rtspUrl: highway });
    const first = await viewer.waitFor('detection_result');
    const second = await viewer.waitForNext('detection_result');
    expect(Date.parse(second.data.timestamp)).toBeGreaterThan(Date.parse(first.data.timestamp));
  });

  it('gets the pictures that it asks for', async () => {
    for (const [frames, frame, rawFrame] of [
      ['none', false, false],
      ['raw', false, true],
      ['drawn', true, false],
      ['both', true, true],
    ] as const) {
      const viewer = await connect(`frames=${frames}`);
      viewer.send('start_stream', { cameraId: 'w', rtspUrl: walkers });
      await viewer.waitFor('detection_result');
      const { data } = await viewer.waitForNext('detection_result');
      expect(jpegDataUri.test(data.frame), `frame of ${frames}`).toBe(frame);
      expect(jpegDataUri.test(data.rawFrame), `rawFrame of ${frames}`).toBe(rawFrame);
      viewer.close();
    }
  });

  it('shares a camera with other viewers, which go on when it leaves', async () => {
    const one = await connect('frames=none');
    const two = await connect('frames=none');
    one.send('start_stream', { cameraId: 'shared', rtspUrl: walkers });
    two.send('start_stream', { cameraId: 'shared', rtspUrl: walkers });
    const seenByOne = await one.waitFor('detection_result');
    await two.waitFor('detection_result', (data) => data.timestamp === seenByOne.data.timestamp);
    one.close();
    await two.waitForNext('detection_result');
    await two.waitForNext('detection_result');
  });

  it('learns whether a camera can be reached, and why not', async () => {
    const viewer = await connect();
    viewer.send('check_camera', { cameraId: 1, rtspUrl: walkers });
    const reachable = await viewer.waitFor('camera_status', (data) => data.cameraId === 1);
    expect(reachable.data).toMatchObject({ status: 1, latencyMs: expect.any(Number) });
    viewer.send('check_camera', { cameraId: 2, rtspUrl: 'rtsp://127.0.0.1:9/none' });
    const unreachable = await viewer.waitFor('camera_status', (data) => data.cameraId === 2);
    expect(unreachable.data.status).toBe(0);
    expect(unreachable.data.message).toMatch(/127\.0\.0\.1:9/);
  });
});

describe('other programs', () => {
  it('read health in the contract envelope', async () => {
    const response = await fetch(`${appliance.url}/api/health/health_check`);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      code: 0,
      data: { status: 'UP', service: 'algo', version: expect.stringMatching(/^\d+\.\d+\.\d+/) },
    });
  });

  it('scrape the metrics that dashboards query', async () => {
    const viewer = await connect('frames=none');
    viewer.send('start_stream', { cameraId: 'm', rtspUrl: walkers });
    await viewer.waitFor('detection_result', (data) => data.detectedObjects.length > 0);
    const text = await (await fetch(`${appliance.url}/metrics`)).text();
    for (const name of [
      'detection_total',
      'detected_objects_total',
      'traffic_groups_total',
      'active_cameras',
      'system_info',
    ]) {
      expect(text, name).toMatch(new RegExp(`^${name}(\\{[^}]*\\})? [1-9]`, 'm'));
    }
    expect(text).toMatch(/^detection_latency_seconds_bucket\{.*le="\+Inf".*\} [1-9]/m);
    expect(text).toMatch(/^# TYPE pipeline_errors_total counter/m);
  });
});
