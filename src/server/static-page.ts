/** The operator's page, kept in memory: a few small files, made by the build and never changed while running. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Reply } from './reply.ts';

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.webmanifest': 'application/manifest+json',
};

/** Everything comes from the appliance itself, and nothing inline is run. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Names with a hash of their content never change. */
const immutableFolder = '/assets/';

interface PageFile {
  readonly headers: Readonly<Record<string, string>>;
  readonly etag: string;
  readonly plain: Buffer;
  readonly gzip: Buffer;
}

const notBuilt = `<!doctype html><meta charset="utf-8"><title>Roadwatch</title>
<p>The page is not built yet. Run <code>npm run build:web</code> in Roadwatch's folder and start it again.
<p>The service itself runs: see <a href="/api/health/health_check">its health</a>.
`;

export interface PageRequest {
  readonly path: string;
  readonly acceptEncoding: string;
  readonly ifNoneMatch: string;
}

export class StaticPage {
  readonly #files = new Map<string, PageFile>();

  /** Reads all files of a folder; one that is missing leaves a page that says how to build it. */
  constructor(folder: string) {
    for (const path of filesIn(folder)) {
      this.#files.set(`/${relative(folder, path).split(sep).join('/')}`, readPageFile(path, folder));
    }
    const index = this.#files.get('/index.html') ?? pageFile(Buffer.from(notBuilt), '.html', false);
    this.#files.set('/', index);
  }

  /** None where there is no such file. */
  answer({ path, acceptEncoding, ifNoneMatch }: PageRequest): Reply | undefined {
    const file = this.#files.get(path);
    if (!file) return undefined;
    if (ifNoneMatch === file.etag) return { status: 304, headers: file.headers, body: '' };
    const zipped = /\bgzip\b/.test(acceptEncoding) && file.gzip.length < file.plain.length;
    if (!zipped) return { status: 200, headers: file.headers, body: file.plain };
    return { status: 200, headers: { ...file.headers, 'Content-Encoding': 'gzip' }, body: file.gzip };
  }
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  } catch {
    return [];
  }
}

function readPageFile(path: string, folder: string): PageFile {
  const immutable = `/${relative(folder, path).split(sep).join('/')}`.startsWith(immutableFolder);
  return pageFile(readFileSync(path), extname(path), immutable);
}

function pageFile(plain: Buffer, extension: string, immutable: boolean): PageFile {
  const etag = `"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"`;
  return {
    etag,
    plain,
    gzip: gzipSync(plain, { level: 9 }),
    headers: {
      'Content-Type': contentTypes[extension] ?? 'application/octet-stream',
      'Content-Security-Policy': contentSecurityPolicy,
      'Cache-Control': immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
      ETag: etag,
      Vary: 'Accept-Encoding',
    },
  };
}
