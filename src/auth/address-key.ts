import { isIPv6 } from 'node:net';

/** Whoever has an IPv6 address has a whole network of them: they count as one. IPv4 inside IPv6 counts as itself. */
export function addressKey(address: string): string {
  const text = address.replace(/%.*$/, '');
  if (!isIPv6(text)) return text;
  const groups = groupsOf(text);
  const isMapped = groups.slice(0, 5).every((group) => group === '0') && groups[5] === 'ffff';
  return isMapped ? dotted(groups.slice(6)) : `${groups.slice(0, 4).join(':')}::/64`;
}

/** Whether a connection comes from this machine; a proxy's may be on behalf of others. */
export function isThisMachine(address: string): boolean {
  const key = addressKey(address);
  return key.startsWith('127.') || key === '0:0:0:0::/64';
}

/** Its eight groups, without leading zeros. */
function groupsOf(address: string): string[] {
  const hex = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...parts: string[]) => {
    const [a = 0, b = 0, c = 0, d = 0] = parts.slice(0, 4).map(Number);
    return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
  });
  const [head = '', tail] = hex.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const missing = tail === undefined ? 0 : 8 - before.length - after.length;
  const all = [...before, ...Array.from({ length: Math.max(0, missing) }, () => '0'), ...after];
  return all.map((group) => group.replace(/^0+(?=.)/, '').toLowerCase());
}

/** Two groups as an IPv4 address. */
function dotted(groups: readonly string[]): string {
  return groups.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]).join('.');
}
