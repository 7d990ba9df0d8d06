import type { Texts } from '../i18n/en.ts';

/** "3 people · 1 car", in the order of their number. */
export function seenWords(
  objects: readonly { readonly class: string }[],
  texts: Pick<Texts, 'classes' | 'manyOfClass' | 'nothingSeen'>,
): string {
  const counts = new Map<string, number>();
  for (const object of objects) counts.set(object.class, (counts.get(object.class) ?? 0) + 1);
  if (counts.size === 0) return texts.nothingSeen;
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .map(([name, count]) => `${count} ${(count > 1 && texts.manyOfClass[name]) || (texts.classes[name] ?? name)}`)
    .join(' · ');
}
