import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkPortIsFree } from '../../../src/server/port-check.ts';
import { TestServer } from '../../support/test-server.ts';

let other: Server;
let port: number;

beforeEach(async () => {
  other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  port = (other.address() as AddressInfo).port;
});
afterEach(() => other.close());

test('a port that another program has is named', async () => {
  await expect(TestServer.start({ config: { server: { port } } })).rejects.toMatchObject({
    code: 'port-in-use',
    message: `cannot listen on 127.0.0.1:${port}: another program has the port`,
  });
});

test('a port that is free again is left free', async () => {
  other.close();
  await once(other, 'close');
  await checkPortIsFree('127.0.0.1', port);
  const server = await TestServer.start({ config: { server: { port } } });
  expect(server.port).toBe(port);
  await server.close();
});

test('an address that this machine does not have is another matter', async () => {
  await expect(TestServer.start({ host: '192.0.2.1' })).rejects.toMatchObject({
    code: 'cannot-listen',
    message: 'cannot listen on 192.0.2.1:0',
  });
});
