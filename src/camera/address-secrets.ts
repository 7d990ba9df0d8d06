/**
 * Addresses are shown without their passwords. One that is edited comes back with `***` where they stood: there the ones
 * that are known go in again, but only for the same host, so that nobody can have them sent elsewhere.
 */
import { redactUrl } from '../config/redact.ts';
import { BadCameraError, problem } from './check-camera.ts';

const mask = '***';

/** An address as it may be shown. */
export { redactUrl as shownAddress };

/** An address that is new must have its passwords. Throws `BadCameraError`. */
export function checkSecretsGiven(address: string): void {
  if (!address.includes(mask)) return;
  throw new BadCameraError([problem(['url'], `user name and password in place of ${mask}`, address)]);
}

/** The edited address with the secrets of the known one. Throws `BadCameraError` where they may not go along. */
export function withKnownSecrets(edited: string, known: string): string {
  if (!edited.includes(mask)) return edited;
  if (edited === redactUrl(known)) return known;
  const [wanted, before] = [partsOf(edited), partsOf(known)];
  if (wanted === undefined || wanted.place !== before?.place || !['', `${mask}@`].includes(wanted.login)) {
    const expected = 'the user name and password once more, for scheme, host or port are others';
    throw new BadCameraError([problem(['url'], expected, edited)]);
  }
  const rest = wanted.rest.replace(/([?&])([^=&#]+)=\*\*\*(?=&|#|$)/g, (_whole, mark: string, name: string) => {
    return `${mark}${name}=${parameterOf(before.rest, name) ?? mask}`;
  });
  const login = wanted.login === '' ? '' : before.login || wanted.login;
  const result = `${wanted.scheme}${login}${wanted.host}${rest}`;
  if (result.includes(mask)) {
    throw new BadCameraError([problem(['url'], `no ${mask} where no password was known`, edited)]);
  }
  return result;
}

interface AddressParts {
  readonly scheme: string;
  /** With its @; empty where there is none. */
  readonly login: string;
  readonly host: string;
  readonly rest: string;
  /** Scheme, host and port: where a password goes. */
  readonly place: string;
}

/** As the engine reads it (native/source/rtsp/rtsp_url.cc): the host ends before the first of / ? #. */
function partsOf(address: string): AddressParts | undefined {
  const parts = /^([a-z][a-z0-9+.-]*:\/\/)([^/?#]*@)?([^/?#@]+)([/?#].*)?$/is.exec(address);
  if (parts === null) return undefined;
  const [, scheme = '', login = '', host = '', rest = ''] = parts;
  return { scheme, login, host, rest, place: `${scheme}${host}`.toLowerCase() };
}

function parameterOf(rest: string, name: string): string | undefined {
  const query = rest.slice(rest.indexOf('?') + 1).split('#')[0] ?? '';
  const found = query.split('&').find((parameter) => parameter.startsWith(`${name}=`));
  return found?.slice(name.length + 1);
}
