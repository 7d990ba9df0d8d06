/**
 * Addresses are shown without their passwords. One that is edited comes back with `***` where they stood: there the ones
 * that are known go in again, but only for the same host, so that nobody can have them sent elsewhere.
 */
import { redactUrl } from '../config/redact.ts';
import { BadCameraError, problem } from './check-camera.ts';

const mask = '***';

/** An address as it may be shown. */
export { redactUrl as shownAddress };

/** The edited address with the secrets of the known one. Throws `BadCameraError` where they may not go along. */
export function withKnownSecrets(edited: string, known: string): string {
  if (!edited.includes(mask)) return edited;
  if (placeOf(edited) === undefined || placeOf(edited) !== placeOf(known)) {
    const expected = 'the user name and password once more, for scheme, host or port are others';
    throw new BadCameraError([problem(['url'], expected, edited)]);
  }
  const login = /^[a-z][a-z0-9+.-]*:\/+(.*@)/is.exec(known)?.[1] ?? '';
  const withLogin = edited.replace(`//${mask}@`, () => `//${login}`);
  const result = withLogin.replace(/([?&])([^=&#]+)=\*\*\*(?=&|#|$)/g, (_whole, mark: string, name: string) => {
    return `${mark}${name}=${parameterOf(known, name) ?? mask}`;
  });
  if (result.includes(mask)) {
    throw new BadCameraError([problem(['url'], `no ${mask} where no password was known`, edited)]);
  }
  return result;
}

/** Scheme, host and port: where a password goes. */
function placeOf(address: string): string | undefined {
  return /^([a-z][a-z0-9+.-]*:\/\/)(?:.*@)?([^/?#]+)/is.exec(address)?.slice(1).join('').toLowerCase();
}

function parameterOf(address: string, name: string): string | undefined {
  const query = address.slice(address.indexOf('?') + 1).split('#')[0] ?? '';
  const found = query.split('&').find((parameter) => parameter.startsWith(`${name}=`));
  return found?.slice(name.length + 1);
}
