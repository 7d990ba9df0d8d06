/** HTTPS and wss with certificates made by openssl, and their renewal under connections that stay. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import WebSocket from 'ws';
import { freePort } from '../../e2e/support/appliance.ts';
import { TestServer } from '../../support/test-server.ts';

let folder: string;
let server: TestServer | undefined;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadwatch-tls-'));
  for (const name of ['first', 'second']) {
    execFileSync(
      'openssl',
      [
        ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
        ...['-keyout', join(folder, `${name}.key`), '-out', join(folder, `${name}.pem`)],
        ...['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1'],
      ],
      { stdio: 'pipe' },
    );
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

const files = () => ({ certFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') });

function use(name: string): void {
  copyFileSync(join(folder, `${name}.pem`), files().certFile);
  copyFileSync(join(folder, `${name}.key`), files().keyFile);
}

beforeEach(() => use('first'));
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function start(): Promise<TestServer> {
  // One that the system chooses is not shared, and so not handed over.
  server = await TestServer.start({ config: { server: { tls: files(), port: await freePort() } } });
  return server;
}

function open(port: number): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => resolve(socket));
    socket.once('error', reject);
  });
}

function nameOf(socket: TLSSocket): string {
  return String(socket.getPeerCertificate().subject.CN);
}

/** The head of the answer to a request over a connection that stays. */
function ask(socket: TLSSocket): Promise<string> {
  socket.write('GET /api/session HTTP/1.1\r\nHost: localhost\r\n\r\n');
  return new Promise((resolve) => socket.once('data', (bytes: Buffer) => resolve(bytes.toString())));
}

test('a connection is encrypted, by TLS 1.2 or later, and the browser is told to keep to that', async () => {
  const { port } = await start();
  const socket = await open(port);
  expect(nameOf(socket)).toBe('first');
  const answer = await ask(socket);
  expect(answer).toContain('HTTP/1.1 200 OK');
  expect(answer).toContain('Strict-Transport-Security: max-age=86400');
  socket.destroy();
  const old = connect({
    host: '127.0.0.1',
    port,
    rejectUnauthorized: false,
    maxVersion: 'TLSv1.1',
    minVersion: 'TLSv1',
  });
  await expect(new Promise((_, reject) => old.once('error', reject))).rejects.toThrow();
});

test('new connections get a certificate that was renewed; those that are open, HTTP and WebSocket, go on', async () => {
  const test = await start();
  const socket = await open(test.port);
  const viewer = new WebSocket(`wss://127.0.0.1:${test.port}/ws`, { rejectUnauthorized: false });
  const message = () => new Promise<string>((resolve) => viewer.once('message', (data) => resolve(String(data))));
  expect(await message()).toContain('connection_ack');
  use('second');
  await test.lookAtCertificate();
  const fresh = await open(test.port);
  expect(nameOf(fresh)).toBe('second');
  expect(await ask(fresh)).toContain('200 OK');
  expect(await ask(socket)).toContain('200 OK');
  expect(nameOf(socket)).toBe('first');
  viewer.send('{"type":"ping"}');
  expect(await message()).toContain('pong');
  for (const each of [socket, fresh]) each.destroy();
  viewer.terminate();
});

test('files that cannot be used leave the certificate as it is', async () => {
  const test = await start();
  copyFileSync(join(folder, 'second.pem'), files().certFile);
  await test.lookAtCertificate();
  const socket = await open(test.port);
  expect(nameOf(socket)).toBe('first');
  socket.destroy();
  use('second');
  await test.lookAtCertificate();
  const fresh = await open(test.port);
  expect(nameOf(fresh)).toBe('second');
  fresh.destroy();
});

test.each([
  [
    'a key of another certificate',
    () => copyFileSync(join(folder, 'second.key'), files().keyFile),
    'key.pem: expected the key of the certificate',
  ],
  [
    'no certificate at all',
    () => writeFileSync(files().certFile, 'nonsense'),
    'cert.pem: expected a certificate in PEM',
  ],
  ['no file', () => rmSync(files().keyFile), 'key.pem: cannot be read'],
])('%s is refused at the start, in words', async (_, damage, words) => {
  damage();
  await expect(start()).rejects.toThrow(words);
});

test('cookies of an encrypted server never leave by another', async () => {
  const { port } = await start();
  const socket = await open(port);
  const body = JSON.stringify({ name: 'Anna', password: 'correct horse battery' });
  socket.write(`POST /api/setup HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  const answer = await new Promise<string>((resolve) =>
    socket.once('data', (bytes: Buffer) => resolve(bytes.toString())),
  );
  const cookies = answer.split('\r\n').filter((line) => line.startsWith('Set-Cookie'));
  expect(cookies).toHaveLength(2);
  for (const cookie of cookies) expect(cookie).toMatch(/; Secure$/);
  socket.destroy();
});
