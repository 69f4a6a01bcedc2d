// Labels: names of the points that most listen to, those left out that would cover another.
import { toScreen, type Camera, type Size } from './camera';
import type { Names, Points } from './points';

const TRIED = 160; // of the points in sight
const SHOWN = 70;
const LOOKED_AT = 60_000; // points of a frame: the rest has few listeners
const HEIGHT = 17;

export interface Label {
  point: number;
  text: string;
  x: number;
  y: number;
}

export function labelsOf(points: Points, names: Names, camera: Camera, size: Size, width: (text: string) => number): Label[] {
  const labels: Label[] = [];
  const taken: { left: number; right: number; top: number; bottom: number }[] = [];
  const [middle, level] = toScreen(camera, size, 0, 0);
  for (let i = 0, tried = 0; i < Math.min(points.count, LOOKED_AT) && tried < TRIED && labels.length < SHOWN; ++i) {
    const x = middle + points.places[2 * i]! * camera.scale;
    const y = level - points.places[2 * i + 1]! * camera.scale;
    if (x < 0 || y < HEIGHT || x > size.width || y > size.height) continue;
    ++tried;
    const text = names.of(i)?.title;
    if (text === undefined) continue;
    const half = width(text) / 2 + 3;
    const box = { left: x - half, right: x + half, top: y - HEIGHT - 4, bottom: y - 3 };
    if (box.left < 0 || box.right > size.width) continue;
    if (taken.some((other) => box.left < other.right && box.right > other.left && box.top < other.bottom && box.bottom > other.top)) continue;
    taken.push(box);
    labels.push({ point: i, text, x, y: y - 8 });
  }
  return labels;
}
