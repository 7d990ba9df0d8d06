/** What an address must look like that a camera is read from. */
const addresses = 'rtsp:// or rtsps://';

/** What should stand instead of an address; nothing where it may be tried, or is missing. */
export function expectedAddress(url: string, allowFiles: boolean): string | undefined {
  const address = url.trim();
  if (address === '' || allowFiles) return undefined;
  if (/^rtsps?:\/\//i.test(address)) {
    return isCameraAddress(url) ? undefined : 'rtsp://host/… without spaces and control characters';
  }
  const isScheme = /^[a-z][a-z0-9+.-]*:/i.test(address);
  return isScheme ? addresses : `${addresses} (a file only where allowFiles is true)`;
}

/** As the engine judges it (native/media/url.cc): a host, and neither spaces nor control characters. */
function isCameraAddress(url: string): boolean {
  const host = url.replace(/^rtsps?:\/\/([^@]*@)?/i, '');
  return /^[^\s\p{Cc}]+$/u.test(url) && /^[^/:]/.test(host);
}
