/** `/api/uplink`, as clients meet it. */
import { afterEach, expect, test } from 'vitest';
import { outboxStatus } from '../../support/outbox-status.ts';
import { TestServer } from '../../support/test-server.ts';

let server: TestServer;

afterEach(() => server.close());

const nowMs = Date.UTC(2025, 0, 1);

async function data(): Promise<unknown> {
  const response = await server.get('/api/uplink');
  expect(response.status).toBe(200);
  return ((await response.json()) as { data: unknown }).data;
}

test('tells what waits for the brokers', async () => {
  const status = outboxStatus({ depth: 3, link: { state: 'silent', sinceMs: 5 } });
  server = await TestServer.start({ outbox: () => status });
  expect(await data()).toEqual({ nowMs, outbox: status });
});

test('says nothing of an outbox where there is none', async () => {
  server = await TestServer.start();
  expect(await data()).toEqual({ nowMs });
});
