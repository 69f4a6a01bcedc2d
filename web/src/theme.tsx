// Light, dark, or as the system has it.
import { useState } from 'preact/hooks';

const KEY = 'segue.theme';
type Theme = 'auto' | 'light' | 'dark';
const NEXT: Record<Theme, Theme> = { auto: 'light', light: 'dark', dark: 'auto' };
const WORDS: Record<Theme, string> = { auto: 'as the system has it', light: 'light', dark: 'dark' };

function stored(): Theme {
  try {
    const theme = localStorage.getItem(KEY);
    return theme === 'light' || theme === 'dark' ? theme : 'auto';
  } catch {
    return 'auto';
  }
}

function show(theme: Theme) {
  if (theme === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  dispatchEvent(new Event('themechange')); // canvases take their colors from the style
}

export function startTheme() {
  show(stored());
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => dispatchEvent(new Event('themechange')));
}

export function ThemeButton() {
  const [theme, set] = useState(stored());
  const change = () => {
    const next = NEXT[theme];
    try {
      localStorage.setItem(KEY, next);
    } catch {
      // private windows keep nothing
    }
    set(next);
    show(next);
  };
  return (
    <button type="button" class="round theme" onClick={change} aria-label={`Colors: ${WORDS[theme]}`} title={`Colors: ${WORDS[theme]}`}>
      <svg viewBox="0 0 24 24" width="18" height="18" aria-hidden="true">
        <circle cx="12" cy="12" r="8" />
        {theme !== 'light' && <path class="fill" d={theme === 'dark' ? 'M12 4a8 8 0 1 0 0 16 8 8 0 1 0 0-16z' : 'M12 4a8 8 0 0 1 0 16z'} />}
      </svg>
    </button>
  );
}

/** A color of the style, for canvases. */
export const color = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
