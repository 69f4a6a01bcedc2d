// Colors of clusters: hues a golden turn apart, so that neighbors in number differ most, in steps of lightness.
export type Color = [number, number, number]; // from 0 to 1

function ofHue(hue: number, saturation: number, lightness: number): Color {
  const channel = (n: number) => {
    const k = (n + hue / 30) % 12;
    return lightness - saturation * Math.min(lightness, 1 - lightness) * Math.max(-1, Math.min(k - 3, 9 - k, 1));
  };
  return [channel(0), channel(8), channel(4)];
}

export function palette(count: number, dark: boolean): Color[] {
  return Array.from({ length: count }, (_, i) => {
    const hue = (255 + i * 137.508) % 360;
    const step = (i % 3) * 0.06;
    return dark ? ofHue(hue, 0.62, 0.6 + step) : ofHue(hue, 0.62, 0.4 + step);
  });
}

export const css = ([r, g, b]: Color) => `rgb(${Math.round(255 * r)} ${Math.round(255 * g)} ${Math.round(255 * b)})`;

export function isDark(): boolean {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
}
