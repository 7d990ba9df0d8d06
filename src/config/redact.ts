/** Names of query parameters that cameras take passwords and tokens by. */
const secretParameter = /([?&](?:[^=&#\s"]*(?:pass|pwd|token|secret|key|auth)[^=&#\s"]*)=)[^&#\s"]+/gi;

/** From a URL's scheme to its last @, so also where a password holds what it should have escaped. */
const userInfo = /([a-z][a-z0-9+.-]*:\/\/)(?:\\.|[^\s"\\])*@/gi;

/**
 * Text, such as a line of JSON, without the credentials of the URLs in it: `rtsp://user:secret@host/` becomes
 * `rtsp://***@host/`. A URL ends at a space or a quotation mark; for one that may hold these, see `redactUrl`.
 */
export function redactCredentials(text: string): string {
  return text.replace(userInfo, '$1***@').replace(secretParameter, '$1***');
}

/** One value that is meant to be a URL, well-formed or not, without its credentials. */
export function redactUrl(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/+)?.*@/is, '$1***@').replace(secretParameter, '$1***');
}
