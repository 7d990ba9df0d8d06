/** `/api/alerts`, `alert` messages and the risk in `detection_result`, as clients meet them. */
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RoadwatchError } from '../../../src/errors.ts';
import { alert, assessment } from '../../support/alerts.ts';
import { detection } from '../../support/fake-engine.ts';
import { MemoryAlertStore, settled } from '../../support/memory-alert-store.ts';
import { capturedAtMs } from '../../support/risk-messages.ts';
import { answered, TestServer, type TestServerOptions } from '../../support/test-server.ts';

let server: TestServer;
let store: MemoryAlertStore;

async function start(options: TestServerOptions = {}): Promise<void> {
  store = new MemoryAlertStore();
  server = await TestServer.start({ alertStore: store, ...options });
}

beforeEach(() => start());
afterEach(() => server.close());

async function restart(options: TestServerOptions): Promise<void> {
  await server.close();
  await start(options);
}

async function data(path: string) {
  const response = await server.get(path);
  const answer = (await response.json()) as { code: number; msg: string; data: Record<string, never> };
  return { status: response.status, ...answer };
}

function post(path: string, body?: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return fetch(`${server.url}${path}`, { method: 'POST', headers, ...(body === undefined ? {} : { body }) });
}

const jpeg = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3]);

describe('GET /api/alerts', () => {
  test('gives each alert with all that is known of it', async () => {
    server.alerts.assess(assessment({ picture: jpeg.toString('base64') }));
    await settled();
    expect(await data('/api/alerts')).toEqual({
      status: 200,
      code: 0,
      msg: 'success',
      data: {
        history: { kept: true },
        alerts: [
          {
            id: 'alert-1',
            cameraId: '7',
            level: 'high',
            since: '2025-06-01T12:30:15.250Z',
            lastSeen: '2025-06-01T12:30:15.250Z',
            count: 1,
            revision: 1,
            active: true,
            stored: true,
            acknowledged: false,
            description: 'A car comes close to a person.',
            riskTypes: ['close_proximity'],
            confidence: 0.9,
            source: 'model',
            model: 'qwen-vl-plus',
            requestId: expect.any(String),
            dangerObjectCount: 2,
            objectCount: 2,
            classes: ['person', 'car'],
            bbox: [100, 100, 200, 200],
            imageWidth: 1280,
            imageHeight: 720,
            picture: '/api/alerts/alert-1/picture?v=1',
          },
        ],
      },
    });
  });

  test('comes in pages', async () => {
    store.database.save([1, 2, 3, 4, 5].map((at) => ({ alert: alert(`a${at}`, { sinceMs: at }) })));
    const seen: string[] = [];
    let path: string | undefined = '/api/alerts?limit=2';
    while (path !== undefined) {
      const page = (await data(path)).data as { alerts?: { id: string }[]; nextCursor?: string };
      seen.push((page.alerts ?? []).map(({ id }) => id).join(' '));
      path = page.nextCursor === undefined ? undefined : `/api/alerts?limit=2&cursor=${page.nextCursor}`;
    }
    expect(seen).toEqual(['a5 a4', 'a3 a2', 'a1']);
  });

  test('is filtered by everything at once, with times in both forms', async () => {
    store.database.save([
      { alert: alert('yes', { cameraId: 'Tor 1', sinceMs: 5000, lastSeenMs: 6000 }) },
      { alert: alert('other-camera', { sinceMs: 5000, lastSeenMs: 6000 }) },
      { alert: alert('too-late', { cameraId: 'Tor 1', sinceMs: 9000, lastSeenMs: 9000 }) },
    ]);
    const query = `cameraId=Tor%201&level=high,medium&since=6000&until=1970-01-01T00:00:05Z&acknowledged=false&text=CAR`;
    const { alerts } = (await data(`/api/alerts?${query}`)).data as unknown as { alerts: { id: string }[] };
    expect(alerts.map(({ id }) => id)).toEqual(['yes']);
  });

  test.each([
    ['level=extreme', 'level: expected some of low, medium, high'],
    ['since=yesterday', 'since: expected a time such as'],
    ['limit=0', 'limit: expected a whole number from 1 to 200'],
    ['limit=1000', 'limit: expected a whole number from 1 to 200'],
    ['acknowledged=maybe', 'acknowledged: expected true or false'],
    ['cursor=x', 'cursor: expected the nextCursor of an earlier answer'],
    [`text=${'x'.repeat(201)}`, 'text: expected 1 to 200 characters, received more'],
    ['camera=7', 'camera: expected cameraId, level, since'],
  ])('%s is refused in words', async (query, words) => {
    const { status, msg, data: refused } = await data(`/api/alerts?${query}`);
    expect(status).toBe(400);
    expect(refused).toEqual({ error: 'bad-query' });
    expect(msg).toContain(words);
  });

  test('says so when alerts cannot be kept, and shows them all the same', async () => {
    store.saveFault = new RoadwatchError('disk-full', 'there is no room left');
    server.alerts.assess(assessment());
    await settled();
    const { history, alerts } = (await data('/api/alerts')).data as Record<string, unknown>;
    expect(history).toMatchObject({ kept: false, code: 'disk-full', since: expect.stringMatching(/Z$/) });
    expect(alerts).toMatchObject([{ id: 'alert-1', stored: false }]);
  });
});

describe('an alert’s picture', () => {
  test('comes as JPEG, for the one who asked alone', async () => {
    server.alerts.assess(assessment({ picture: jpeg.toString('base64') }));
    await settled();
    const response = await server.get('/api/alerts/alert-1/picture?v=1');
    expect(response.headers.get('content-type')).toBe('image/jpeg');
    expect(response.headers.get('cache-control')).toMatch(/^private/);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(Buffer.from(await response.arrayBuffer())).toEqual(jpeg);
  });

  test.each([
    '/api/alerts/nobody/picture',
    '/api/alerts/..%2f..%2fetc/picture',
    `/api/alerts/${'x'.repeat(99)}/picture`,
  ])('%s is not there', async (path) => {
    expect((await server.get(path)).status).toBe(404);
  });
});

describe('POST /api/alerts/:id/acknowledge', () => {
  beforeEach(async () => {
    server.alerts.assess(assessment());
    await settled();
  });

  test.each([
    [undefined, 'seen'],
    ['{}', 'seen'],
    ['{"verdict": "false-alarm"}', 'false-alarm'],
  ])('with the body %s is kept and answered', async (body, verdict) => {
    const response = await post('/api/alerts/alert-1/acknowledge', body);
    expect(await response.json()).toMatchObject({
      code: 0,
      data: { alert: { id: 'alert-1', acknowledged: true, acknowledgedAt: expect.stringMatching(/Z$/), verdict } },
    });
    expect(store.database.find('alert-1')?.verdict).toBe(verdict);
  });

  test.each(['{"verdict": "maybe"}', '{"by": "me"}', 'verdict=seen', '[]'])('with %s is refused', async (body) => {
    const response = await post('/api/alerts/alert-1/acknowledge', body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ data: { error: 'bad-body' } });
    expect(store.database.find('alert-1')).not.toHaveProperty('verdict');
  });

  test('with more than a kilobyte is refused as too large', async () => {
    const response = await post('/api/alerts/alert-1/acknowledge', `{"verdict": "${'x'.repeat(2000)}"}`);
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({ data: { error: 'body-too-large' } });
    expect(store.database.find('alert-1')).not.toHaveProperty('verdict');
  });

  test('of an alert that is not there is 404', async () => {
    expect((await post('/api/alerts/nobody/acknowledge')).status).toBe(404);
  });

  test('by a page of another origin is refused: no token keeps it out', async () => {
    const response = await post('/api/alerts/alert-1/acknowledge', undefined, { Origin: 'https://evil.example' });
    expect(response.status).toBe(403);
    expect(store.database.find('alert-1')).not.toHaveProperty('verdict');
    const own = await post('/api/alerts/alert-1/acknowledge', undefined, { Origin: server.url });
    expect(own.status).toBe(200);
  });

  test('GET changes nothing', async () => {
    const response = await server.get('/api/alerts/alert-1/acknowledge');
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
    expect(store.database.find('alert-1')).not.toHaveProperty('verdict');
  });

  test('a client that goes away in the middle of its body does no harm', async () => {
    const socket = connect(server.port, '127.0.0.1');
    await new Promise((connected) => socket.once('connect', connected));
    socket.write(
      'POST /api/alerts/alert-1/acknowledge HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"verdict"',
    );
    await new Promise<void>((written) => socket.end(() => written()));
    socket.destroy();
    expect((await server.get('/api/alerts')).status).toBe(200);
  });
});

test('with a token, all of it wants the token', async () => {
  const authToken = 'a-token-of-some-length';
  await restart({ config: { server: { authToken } } });
  server.alerts.assess(assessment({ picture: jpeg.toString('base64') }));
  await settled();
  for (const path of ['/api/alerts', '/api/alerts/alert-1/picture']) {
    expect((await server.get(path)).status).toBe(401);
    expect((await server.get(`${path}?token=${authToken}`)).status).toBe(200);
  }
  expect((await post('/api/alerts/alert-1/acknowledge')).status).toBe(401);
  expect(store.database.find('alert-1')).not.toHaveProperty('verdict');
  const headers = { Authorization: `Bearer ${authToken}` };
  expect((await post('/api/alerts/alert-1/acknowledge', undefined, headers)).status).toBe(200);
});

describe('over the WebSocket', () => {
  test('alerts come to those who asked for them, when they are kept', async () => {
    const [asked, both, other] = await Promise.all([
      server.connect('frames=none&events=alert'),
      server.connect('events=state,alert'),
      server.connect('events=state'),
    ]);
    store.holdCommits = true;
    server.alerts.assess(assessment());
    await settled();
    await answered(asked);
    expect(asked.messages.map(({ type }) => type)).not.toContain('alert');
    await store.commit();
    const message = await asked.waitFor('alert');
    expect(message.data).toMatchObject({ change: 'began', id: 'alert-1', level: 'high', active: true, stored: true });
    expect(message.data).not.toHaveProperty('sinceMs');
    await both.waitFor('alert');
    await answered(other);
    expect(other.messages.map(({ type }) => type)).not.toContain('alert');
  });

  test('a detection carries what is dangerous at its camera, for the display window', async () => {
    const viewer = await server.connectTo(7, 'frames=none');
    server.alerts.assess(
      assessment({ bbox: [12, 22, 88, 58], is: { confidence: 0.7 }, llmLatency: 1.25, llmRawText: '{"risk":1}' }),
    );
    await settled();
    server.detect(detection('7'));
    const { data: dangerous } = await viewer.waitFor('detection_result');
    expect(dangerous).toMatchObject({
      hasDangerousDriving: true,
      maxRiskLevel: 'medium',
      llmLatency: 1.25,
      llmModel: 'qwen-vl-plus',
      llmRawText: '{"risk":1}',
      dangerousDrivingResults: [
        { groupIndex: 1, riskLevel: 'medium', confidence: 0.7, riskTypes: ['close_proximity'], dangerObjectCount: 2 },
      ],
      detectedObjects: [{ level: 'medium' }, { level: 'medium' }],
      trafficGroups: [{ riskLevel: 'medium' }],
    });
    server.clock.advance(3000);
    server.detect(detection('7', { capturedAtMs: capturedAtMs + 3000 }));
    const { data: calm } = await viewer.waitFor(
      'detection_result',
      ({ timestamp }) => timestamp !== dangerous.timestamp,
    );
    expect(calm).toMatchObject({
      hasDangerousDriving: false,
      maxRiskLevel: 'none',
      dangerousDrivingResults: [],
      llmLatency: 0,
      llmModel: '',
      llmRawText: '',
      detectedObjects: [{ level: 'none' }, { level: 'none' }],
      trafficGroups: [{ riskLevel: 'none' }],
    });
  });
});
