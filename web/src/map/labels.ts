// Labels: names of the points that most listen to, those left out that would cover another.
import { toScreen, type Camera, type Size } from './camera';
import type { Names, Points } from './points';

const TRIED = 160; // of the points in sight
const SHOWN = 70;
const LOOKED_AT = 60_000; // points of a frame: the rest has few listeners
const HEIGHT = 17;
// Once one point of a cell has its name, the others of it are not tried, so that parts with few listeners get names, too.
const CELL_WIDTH = 90;
const CELL_HEIGHT = 30;

export interface Label {
  point: number;
  text: string;
  x: number;
  y: number;
}

export function labelsOf(points: Points, names: Names, camera: Camera, size: Size, width: (text: string) => number): Label[] {
  const labels: Label[] = [];
  const taken: { left: number; right: number; top: number; bottom: number }[] = [];
  const columns = Math.ceil(size.width / CELL_WIDTH) + 1;
  const named = new Uint8Array(columns * (Math.ceil(size.height / CELL_HEIGHT) + 1));
  const [middle, level] = toScreen(camera, size, 0, 0);
  for (let i = 0, tried = 0; i < Math.min(points.count, LOOKED_AT) && tried < TRIED && labels.length < SHOWN; ++i) {
    const x = middle + points.places[2 * i]! * camera.scale;
    const y = level - points.places[2 * i + 1]! * camera.scale;
    if (x < 0 || y < HEIGHT || x > size.width || y > size.height) continue;
    const cell = Math.floor(y / CELL_HEIGHT) * columns + Math.floor(x / CELL_WIDTH);
    if (named[cell]) continue;
    ++tried;
    const text = names.of(i)?.title;
    if (text === undefined) continue;
    const half = width(text) / 2 + 3;
    const box = { left: x - half, right: x + half, top: y - HEIGHT - 4, bottom: y - 3 };
    if (box.left < 0 || box.right > size.width) continue;
    if (taken.some((other) => box.left < other.right && box.right > other.left && box.top < other.bottom && box.bottom > other.top)) continue;
    taken.push(box);
    named[cell] = 1;
    labels.push({ point: i, text, x, y: y - 8 });
  }
  return labels;
}
