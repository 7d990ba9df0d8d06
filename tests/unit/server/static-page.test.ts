import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { StaticPage } from '../../../src/server/static-page.ts';
import { TestServer } from '../../support/test-server.ts';

const html = `<!doctype html><title>page</title>${' '.repeat(2000)}`;

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roadwatch-page-'));
  await mkdir(join(folder, 'assets'));
  await writeFile(join(folder, 'index.html'), html);
  await writeFile(join(folder, 'assets/index-abc.js'), 'a()');
  await writeFile(join(folder, 'icon.unknown'), 'x');
});
afterEach(() => rm(folder, { recursive: true }));

describe('a file', () => {
  const plain = { acceptEncoding: '', ifNoneMatch: '' };

  test('is given with its type; the page itself under / too', () => {
    const page = new StaticPage(folder);
    expect(page.answer({ ...plain, path: '/' })).toEqual(page.answer({ ...plain, path: '/index.html' }));
    const typeOf = (path: string) => page.answer({ ...plain, path })?.headers['Content-Type'];
    expect(typeOf('/')).toBe('text/html; charset=utf-8');
    expect(typeOf('/assets/index-abc.js')).toBe('text/javascript; charset=utf-8');
    expect(typeOf('/icon.unknown')).toBe('application/octet-stream');
  });

  test('is kept by browsers: for ever where its name has a hash, else as long as it is the same', () => {
    const page = new StaticPage(folder);
    const cachingOf = (path: string) => page.answer({ ...plain, path })?.headers['Cache-Control'];
    expect(cachingOf('/')).toBe('no-cache');
    expect(cachingOf('/assets/index-abc.js')).toBe('public, max-age=31536000, immutable');
  });

  test('is not found outside of the folder', () => {
    const page = new StaticPage(join(folder, 'assets'));
    for (const path of ['/../index.html', '/..%2findex.html', '//index.html', '/assets']) {
      expect(page.answer({ ...plain, path })).toBeUndefined();
    }
  });

  test('has another tag when its content is another', async () => {
    const before = new StaticPage(folder).answer({ ...plain, path: '/' })?.headers.ETag as string;
    expect(new StaticPage(folder).answer({ ...plain, path: '/', ifNoneMatch: before })?.status).toBe(304);
    await writeFile(join(folder, 'index.html'), `${html}.`);
    expect(new StaticPage(folder).answer({ ...plain, path: '/', ifNoneMatch: before })?.status).toBe(200);
  });

  test('is zipped for those who take it, where that is shorter', () => {
    const page = new StaticPage(folder);
    const zipped = page.answer({ path: '/', acceptEncoding: 'br, gzip;q=0.8', ifNoneMatch: '' });
    expect(zipped?.headers).toMatchObject({ 'Content-Encoding': 'gzip', Vary: 'Accept-Encoding' });
    expect(gunzipSync(zipped?.body as Buffer).toString()).toBe(html);
    const tiny = page.answer({ path: '/assets/index-abc.js', acceptEncoding: 'gzip', ifNoneMatch: '' });
    expect(tiny?.headers).not.toHaveProperty('Content-Encoding');
    expect(tiny?.body.toString()).toBe('a()');
  });
});

test('a folder that is not there leaves a page that says how to build it', () => {
  const page = new StaticPage(join(folder, 'nothing'));
  const reply = page.answer({ path: '/', acceptEncoding: '', ifNoneMatch: '' });
  expect(reply?.status).toBe(200);
  expect(reply?.body.toString()).toContain('npm run build:web');
});

describe('over a connection', () => {
  let server: TestServer;

  beforeEach(async () => {
    server = await TestServer.start({ pageFolder: folder });
  });
  afterEach(() => server.close());

  test('the page comes with what keeps it safe', async () => {
    const response = await server.get('/');
    expect(await response.text()).toBe(html);
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).not.toContain('unsafe');
    expect(policy).toContain("frame-ancestors 'none'");
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('referrer-policy')).toBe('no-referrer');
  });

  test('it comes once: who has it is told so', async () => {
    const etag = (await server.get('/')).headers.get('etag') as string;
    const again = await server.get('/', { 'if-none-match': etag });
    expect(again.status).toBe(304);
    expect(again.headers.get('etag')).toBe(etag);
    expect(await again.text()).toBe('');
  });

  test('HEAD is answered as GET, without the body', async () => {
    const head = await server.get('/', { 'accept-encoding': 'identity' }, 'HEAD');
    expect(head.status).toBe(200);
    expect(head.headers.get('content-length')).toBe(String(html.length));
    expect(await head.text()).toBe('');
    expect((await server.get('/nothing', {}, 'HEAD')).status).toBe(404);
  });
});
