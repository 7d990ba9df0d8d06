/**
 * Which addresses a camera may have that somebody names over the wire. A name is looked up once, the address that it leads to
 * must lie in a network that is allowed, and the camera is connected by that address: a name that leads elsewhere a moment
 * later (DNS rebinding) changes nothing.
 */
import { lookup as systemLookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { redactUrl } from '../config/redact.ts';
import type { Config } from '../config/schema.ts';
import { errorMessage, RoadwatchError } from '../errors.ts';
import type { Clock } from '../time/clock.ts';

/** How long what a name leads to is kept, so that viewers of one camera get one address. */
const keptMs = 3_600_000;
const maxKept = 1000;

/** Where no camera is, unless the configuration says so: services that clouds have there, and groups of machines. */
const neverMeant = ['0.0.0.0/8', '169.254.0.0/16', '224.0.0.0/3', '::/128', 'fe80::/10', 'ff00::/8'];

/** The addresses of a name, the best first. */
export type Lookup = (name: string) => Promise<readonly string[]>;

/** Where the host stands in an address; as the engine and FFmpeg read it: up to the last @ it is user and password. */
const addressParts = /^(rtsps?):\/\/([^/?#]*@)?(\[[^\]/?#@]*\]|[^:/?#@[\]]+)((?::\d*)?(?:[/?#].*)?)$/isu;

export class CameraAddresses {
  readonly #source: Pick<Config['source'], 'allowedSchemes'>;
  readonly #allowed: BlockList;
  readonly #refused: BlockList;
  readonly #clock: Clock;
  readonly #lookUp: Lookup;
  readonly #kept = new Map<string, { readonly address: string; readonly sinceMs: number }>();

  constructor(
    source: Pick<Config['source'], 'allowedSchemes' | 'allowedNetworks'>,
    clock: Clock,
    lookUp: Lookup = ask,
  ) {
    this.#source = source;
    this.#clock = clock;
    this.#lookUp = lookUp;
    const { allowedNetworks } = source;
    this.#allowed = networkList(allowedNetworks ?? ['0.0.0.0/0', '::/0']);
    this.#refused = networkList(allowedNetworks === undefined ? neverMeant : []);
  }

  /**
   * The address by which the camera is to be connected: at once where there is no name to look up. Throws or rejects with
   * RoadwatchError `bad-url`, `scheme-refused`, `address-not-allowed` or `unreachable`. What is no RTSP address is left to the
   * engine.
   */
  pin(url: string): string | Promise<string> {
    const parts = addressParts.exec(url);
    if (parts === null) {
      if (!/^rtsps?:/i.test(url)) return url;
      throw new RoadwatchError('bad-url', `expected rtsp://host/..., received "${redactUrl(url)}"`);
    }
    const [, scheme = '', user = '', host = '', rest = ''] = parts;
    this.#checkScheme(scheme);
    const name = host.replace(/^\[(.*)\]$/, '$1');
    if (isIP(withoutZone(name)) !== 0) {
      this.#checkNetwork(name, name);
      return url;
    }
    const withAddress = (address: string) =>
      `${scheme}://${user}${isIP(address) === 6 ? `[${address}]` : address}${rest}`;
    const known = this.#keptOf(name);
    return known === undefined ? this.#resolve(name).then(withAddress) : withAddress(known);
  }

  #checkScheme(scheme: string): void {
    const { allowedSchemes } = this.#source;
    if ((allowedSchemes as readonly string[]).includes(scheme.toLowerCase())) return;
    const expected = allowedSchemes.map((each) => `${each}://`).join(' or ');
    throw new RoadwatchError('scheme-refused', `expected ${expected} (source.allowedSchemes), received ${scheme}://`);
  }

  async #resolve(name: string): Promise<string> {
    const addresses = await this.#lookUp(name).catch((error: unknown) => {
      throw new RoadwatchError('unreachable', `cannot find the host ${name}: ${errorMessage(error)}`);
    });
    const address = addresses.find((each) => this.#isAllowed(each)) ?? addresses[0];
    if (address === undefined) throw new RoadwatchError('unreachable', `the host ${name} has no address`);
    this.#checkNetwork(address, name);
    this.#keep(name, address);
    return address;
  }

  #checkNetwork(address: string, shown: string): void {
    if (this.#isAllowed(address)) return;
    const words = `cameras may not be at ${shown}${shown === address ? '' : ` (${address})`} (source.allowedNetworks)`;
    throw new RoadwatchError('address-not-allowed', words);
  }

  #isAllowed(address: string): boolean {
    const plain = withoutZone(address);
    const family = isIP(plain) === 6 ? 'ipv6' : 'ipv4';
    return this.#allowed.check(plain, family) && !this.#refused.check(plain, family);
  }

  #keptOf(name: string): string | undefined {
    const kept = this.#kept.get(name.toLowerCase());
    return kept !== undefined && this.#clock.monotonicMs() - kept.sinceMs < keptMs ? kept.address : undefined;
  }

  #keep(name: string, address: string): void {
    this.#kept.delete(name.toLowerCase());
    this.#kept.set(name.toLowerCase(), { address, sinceMs: this.#clock.monotonicMs() });
    if (this.#kept.size > maxKept) this.#kept.delete(this.#kept.keys().next().value as string);
  }
}

async function ask(name: string): Promise<readonly string[]> {
  return (await systemLookup(name, { all: true })).map(({ address }) => address);
}

/** IPv4 inside IPv6 (`::ffff:…`) is found under either. */
function networkList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    const isSix = isIP(address) === 6;
    list.addSubnet(address, bits === undefined ? (isSix ? 128 : 32) : Number(bits), isSix ? 'ipv6' : 'ipv4');
  }
  return list;
}

function withoutZone(address: string): string {
  return address.replace(/%.*$/, '');
}
