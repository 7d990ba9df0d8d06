/** The certificate and the key of the server, in files that may be replaced at any time. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { errorMessage, RoadwatchError } from '../errors.ts';
import type { Clock } from '../time/clock.ts';

/** How often the files are looked at. Tools replace files and links: a look is sure, a watch is not. */
const lookEveryMs = 5000;

export interface TlsFiles {
  /** PEM: the certificate, and those between it and the authority. */
  readonly certFile: string;
  /** PEM, not encrypted. */
  readonly keyFile: string;
}

/** Says what the files hold; the same content has the same. Throws RoadwatchError `bad-certificate`, naming the file. */
export async function checkTlsFiles({ certFile, keyFile }: TlsFiles): Promise<string> {
  const [certificates, key] = await Promise.all([readPem(certFile), readPem(keyFile)]);
  const certificate = parsed(certFile, 'a certificate in PEM', () => new X509Certificate(certificates));
  const privateKey = parsed(keyFile, 'a private key in PEM, not encrypted', () => createPrivateKey(key));
  if (certificate.checkPrivateKey(privateKey)) return certificate.fingerprint256;
  throw new RoadwatchError('bad-certificate', `${keyFile}: expected the key of the certificate in ${certFile}`);
}

export interface TlsWatchOptions {
  readonly files: TlsFiles;
  /** As the server has it now: what `checkTlsFiles` said. */
  readonly known: string;
  readonly clock: Clock;
  /** The files hold another certificate, which fits its key. */
  readonly onChange: (fingerprint: string) => Promise<void>;
  /** They cannot be used; told once for each problem. The certificate that is there stays. */
  readonly onProblem: (error: RoadwatchError) => void;
}

/** Looks whether the files have changed. */
export class TlsWatch {
  readonly #options: TlsWatchOptions;
  #known: string;
  #told: string | undefined;
  #cancelLook: (() => void) | undefined;
  #isClosed = false;

  constructor(options: TlsWatchOptions) {
    this.#options = options;
    this.#known = options.known;
    this.#plan();
  }

  /** Looks now. Never rejects. */
  async look(): Promise<void> {
    try {
      const found = await checkTlsFiles(this.#options.files);
      this.#told = undefined;
      if (found === this.#known || this.#isClosed) return;
      this.#known = found;
      await this.#options.onChange(found);
    } catch (error) {
      this.#tell(error instanceof RoadwatchError ? error : new RoadwatchError('bad-certificate', errorMessage(error)));
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelLook?.();
  }

  #tell(error: RoadwatchError): void {
    if (this.#isClosed || error.message === this.#told) return;
    this.#told = error.message;
    this.#options.onProblem(error);
  }

  #plan(): void {
    this.#cancelLook = this.#options.clock.after(lookEveryMs, () => {
      void this.look().finally(() => {
        if (!this.#isClosed) this.#plan();
      });
    });
  }
}

async function readPem(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new RoadwatchError('bad-certificate', `${file}: cannot be read: ${errorMessage(error)}`, { cause: error });
  }
}

function parsed<Value>(file: string, expected: string, parse: () => Value): Value {
  try {
    return parse();
  } catch (error) {
    throw new RoadwatchError('bad-certificate', `${file}: expected ${expected}: ${errorMessage(error)}`);
  }
}
