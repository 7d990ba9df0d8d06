/** Certificates made with openssl: an authority, and a broker's that it vouches for. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Certificates {
  /** PEM: the authority's certificate. */
  readonly caFile: string;
  /** PEM: the key of the broker and its certificate, for 127.0.0.1 and no other name. */
  readonly keyStoreFile: string;
  /** PEM: the certificate of a box that the authority vouches for, its key, and the password of that. */
  readonly client: { readonly certificateFile: string; readonly keyFile: string; readonly keyPassword: string };
}

const clientKeyPassword = 'a password of the key';

/** `name`: what the files in `folder` begin with. */
export function makeCertificates(folder: string, name: string): Certificates {
  const file = (suffix: string) => join(folder, `${name}-${suffix}`);
  const openssl = (...args: readonly string[]) => execFileSync('openssl', args, { stdio: 'pipe' });
  const newKey = ['-newkey', 'rsa:2048'];
  openssl(
    ...['req', '-x509', ...newKey, '-nodes', '-days', '2', '-keyout', file('ca.key'), '-out', file('ca.pem')],
    ...['-subj', `/CN=${name} authority`],
  );
  /** A key, and a certificate of it with these extensions. */
  const vouchFor = (who: string, extensions: string, ...keyOptions: readonly string[]) => {
    openssl(
      ...['req', ...newKey, ...keyOptions, '-keyout', file(`${who}.key`), '-out', file(`${who}.csr`)],
      ...['-subj', `/CN=${who}`],
    );
    writeFileSync(file(`${who}.ext`), `${extensions}\n`);
    openssl(
      ...['x509', '-req', '-days', '2', '-in', file(`${who}.csr`), '-out', file(`${who}.pem`), '-CAcreateserial'],
      ...['-CA', file('ca.pem'), '-CAkey', file('ca.key'), '-extfile', file(`${who}.ext`)],
    );
  };
  vouchFor('broker', 'subjectAltName=IP:127.0.0.1', '-nodes');
  vouchFor('box', 'extendedKeyUsage=clientAuth', '-passout', `pass:${clientKeyPassword}`);
  const parts = [file('broker.key'), file('broker.pem')];
  writeFileSync(file('store.pem'), parts.map((part) => readFileSync(part, 'utf8')).join(''));
  const client = { certificateFile: file('box.pem'), keyFile: file('box.key'), keyPassword: clientKeyPassword };
  return { caFile: file('ca.pem'), keyStoreFile: file('store.pem'), client };
}
