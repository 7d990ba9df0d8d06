export type Theme = 'dark' | 'light';

const key = 'roadwatch.theme';

/** What was chosen last, else dark: control rooms are. */
export function initialTheme(): Theme {
  return localStorage.getItem(key) === 'light' ? 'light' : 'dark';
}

export function applyTheme(theme: Theme): void {
  document.documentElement.dataset.theme = theme;
  localStorage.setItem(key, theme);
}
