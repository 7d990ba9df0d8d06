/** Sizes, times and counts for people. */
const kibibyte = 1024;
const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** As in `512 bytes`, `36.4 MiB`. */
export function sizeText(bytes: number): string {
  const power = bytes < kibibyte ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / kibibyte ** power;
  return `${power === 0 || Number.isInteger(value) ? value : value.toFixed(1)} ${units[power]}`;
}

/** As in `42 s`, `3 h 12 min`, `2 d 4 h`. */
export function ageText(ageMs: number): string {
  const seconds = Math.floor(ageMs / 1000);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (minutes < 1) return `${seconds} s`;
  if (hours < 1) return `${minutes} min`;
  if (hours < 48) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** As in `1 message`, `12,000 messages`. */
export function countText(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}
