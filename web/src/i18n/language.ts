import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { en, type Texts } from './en.ts';
import { zh } from './zh.ts';

export type Language = 'en' | 'zh';

const key = 'roadwatch.language';
const texts: Record<Language, Texts> = { en, zh };

/** What was chosen last, else the browser's own. */
export function initialLanguage(): Language {
  const chosen = localStorage.getItem(key) ?? navigator.language;
  return chosen.startsWith('zh') ? 'zh' : 'en';
}

export function rememberLanguage(language: Language): void {
  localStorage.setItem(key, language);
  document.documentElement.lang = language;
}

export const LanguageContext = createContext<Language>('en');

export function useTexts(): Texts {
  return texts[useContext(LanguageContext)];
}
