const key = 'roadwatch.alerts';
/** On a narrow screen the panel would hide the cameras. */
const wideEnoughPx = 900;

/** As it was left; before that, open where there is room beside the cameras. */
export function isPanelOpen(): boolean {
  const left = localStorage.getItem(key);
  return window.innerWidth >= wideEnoughPx && left !== 'closed';
}

/** On a narrow screen it is opened to be closed again: that is no habit to be kept. */
export function rememberPanel(open: boolean): void {
  if (window.innerWidth >= wideEnoughPx) localStorage.setItem(key, open ? 'open' : 'closed');
}
