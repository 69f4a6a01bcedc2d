// Camera: which part of the map is seen. The map's own coordinates go from -1 to 1, y upward; the screen's are pixels.

export interface Camera {
  x: number; // of the map, in the middle of the screen
  y: number;
  scale: number; // pixels of the screen for a unit of the map
}
export interface Size {
  width: number;
  height: number;
}

const MARGIN = 0.92; // of the screen, filled by the whole map
const DEEPEST = 400; // times the whole map

export const whole = ({ width, height }: Size): Camera => ({ x: 0, y: 0, scale: (MARGIN * Math.min(width, height)) / 2 });

export const toScreen = (camera: Camera, size: Size, x: number, y: number): [number, number] => [
  size.width / 2 + (x - camera.x) * camera.scale,
  size.height / 2 - (y - camera.y) * camera.scale,
];
export const toMapPlace = (camera: Camera, size: Size, left: number, top: number): [number, number] => [
  camera.x + (left - size.width / 2) / camera.scale,
  camera.y - (top - size.height / 2) / camera.scale,
];

/** Nearer by a factor; what is below (left, top) stays there. */
export function zoomed(camera: Camera, size: Size, factor: number, left = size.width / 2, top = size.height / 2): Camera {
  const least = whole(size).scale * 0.7;
  const scale = Math.max(least, Math.min(whole(size).scale * DEEPEST, camera.scale * factor));
  const [x, y] = toMapPlace(camera, size, left, top);
  return within({ x: x - (left - size.width / 2) / scale, y: y + (top - size.height / 2) / scale, scale });
}

export const moved = (camera: Camera, right: number, down: number): Camera =>
  within({ ...camera, x: camera.x - right / camera.scale, y: camera.y + down / camera.scale });

const within = (camera: Camera): Camera => ({ ...camera, x: Math.max(-1, Math.min(1, camera.x)), y: Math.max(-1, Math.min(1, camera.y)) });
