/** Certificates made with openssl: an authority, and a broker's that it vouches for. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Certificates {
  /** PEM: the authority's certificate. */
  readonly caFile: string;
  /** PEM: the key of the broker and its certificate, for 127.0.0.1 and no other name. */
  readonly keyStoreFile: string;
}

/** `name`: what the files in `folder` begin with. */
export function makeCertificates(folder: string, name: string): Certificates {
  const file = (suffix: string) => join(folder, `${name}-${suffix}`);
  const openssl = (...args: readonly string[]) => execFileSync('openssl', args, { stdio: 'pipe' });
  const newKey = ['-newkey', 'rsa:2048', '-nodes', '-days', '2'];
  openssl(
    'req',
    '-x509',
    ...newKey,
    '-keyout',
    file('ca.key'),
    '-out',
    file('ca.pem'),
    '-subj',
    `/CN=${name} authority`,
  );
  openssl(
    'req',
    ...newKey.slice(0, 3),
    '-keyout',
    file('broker.key'),
    '-out',
    file('broker.csr'),
    '-subj',
    '/CN=broker',
  );
  writeFileSync(file('broker.ext'), 'subjectAltName=IP:127.0.0.1\n');
  openssl(
    ...['x509', '-req', '-days', '2', '-in', file('broker.csr'), '-out', file('broker.pem'), '-CAcreateserial'],
    ...['-CA', file('ca.pem'), '-CAkey', file('ca.key'), '-extfile', file('broker.ext')],
  );
  const parts = [file('broker.key'), file('broker.pem')];
  writeFileSync(file('store.pem'), parts.map((part) => readFileSync(part, 'utf8')).join(''));
  return { caFile: file('ca.pem'), keyStoreFile: file('store.pem') };
}
