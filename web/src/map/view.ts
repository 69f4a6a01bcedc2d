// MapView: the map on two canvases, points below and names above, with what mouse, fingers and keys do to it. Draws only
// when something has changed.
import type { Item } from '../api';
import { color } from '../theme';
import { moved, toMapPlace, toScreen, whole, zoomed, type Camera, type Size } from './camera';
import { labelsOf, type Label } from './labels';
import { makePainter, type Painter } from './painter';
import { isDark, palette } from './palette';
import { Finder, Names, type Points } from './points';

const REACH = 14; // pixels around the pointer
const STEP = 80; // pixels of an arrow key
const SLACK = 4; // pixels a finger may move in a tap
// While the map moves on a machine without a GPU, fewer points are drawn until a frame takes no longer than this.
const FRAME = 45; // milliseconds
const FEWEST = 4_000;
const GROWTH = 1.05; // of the points drawn, after a frame that was fast
const REST = 180; // milliseconds without a move: all points are drawn

export interface Tip {
  item: Item;
  x: number;
  y: number;
}

export class MapView {
  camera: Camera = { x: 0, y: 0, scale: 1 };
  private size: Size = { width: 1, height: 1 };
  private readonly painter: Painter | undefined;
  private readonly finder: Finder;
  private readonly names: Names;
  private readonly watch: ResizeObserver;
  private readonly ended = new AbortController();
  private frame = 0;
  private rest = 0; // the timer that draws all points
  private count: number; // points drawn while it moves
  private painted = 0; // when the last frame was
  private moving = false; // the last frame was of a move, and no rest has come since
  private labels: Label[] = [];
  private marked: Item | undefined;
  private hovered: number | undefined;
  private readonly pointers = new Map<number, { x: number; y: number }>();
  private travelled = 0;

  constructor(
    private readonly below: HTMLCanvasElement,
    private readonly above: HTMLCanvasElement,
    private readonly points: Points,
    private readonly clusters: number,
    private readonly onTip: (tip: Tip | undefined) => void,
    private readonly onChoose: (item: Item) => void,
  ) {
    this.painter = makePainter(below, points);
    this.count = points.count;
    this.finder = new Finder(points);
    this.names = new Names(() => this.draw());
    this.recolor();
    this.watch = new ResizeObserver(() => this.resize());
    this.watch.observe(above);
    this.resize();
    this.camera = whole(this.size);
    const { signal } = this.ended;
    addEventListener('themechange', () => this.recolor(), { signal });
    above.addEventListener('wheel', (event) => this.wheel(event), { passive: false, signal });
    above.addEventListener('pointerdown', (event) => this.down(event), { signal });
    above.addEventListener('pointermove', (event) => this.move(event), { signal });
    above.addEventListener('pointerup', (event) => this.up(event), { signal });
    above.addEventListener('pointercancel', (event) => this.pointers.delete(event.pointerId), { signal });
    above.addEventListener('pointerleave', () => this.hover(undefined), { signal });
    above.addEventListener('keydown', (event) => this.key(event), { signal });
    below.dataset.painter = this.painter?.kind ?? 'none';
  }

  end() {
    this.ended.abort();
    this.watch.disconnect();
    cancelAnimationFrame(this.frame);
    clearTimeout(this.rest);
  }

  /** Puts an item in the middle and marks it. */
  show(item: Item) {
    this.marked = item;
    if (!item.place) return;
    this.camera = { x: item.place[0], y: item.place[1], scale: whole(this.size).scale * 7 };
    this.draw();
  }
  showAll() {
    this.marked = undefined;
    this.camera = whole(this.size);
    this.draw();
  }
  showPlace(x: number, y: number) {
    this.camera = { x, y, scale: whole(this.size).scale * 3.5 };
    this.draw();
  }
  zoom(factor: number) {
    this.camera = zoomed(this.camera, this.size, factor);
    this.draw();
  }

  private recolor() {
    this.painter?.setColors(palette(this.clusters, isDark()));
    this.draw();
  }

  private resize() {
    const { clientWidth: width, clientHeight: height } = this.above;
    if (width === 0 || height === 0) return;
    const before = whole(this.size).scale;
    this.size = { width, height };
    this.camera = { ...this.camera, scale: (this.camera.scale * whole(this.size).scale) / before };
    for (const canvas of [this.below, this.above]) {
      canvas.width = Math.round(width * devicePixelRatio);
      canvas.height = Math.round(height * devicePixelRatio);
    }
    this.draw();
  }

  /** In the next frame; `all` points, or as many as the machine draws in time. */
  private draw(all = false) {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame((now) => {
      // Two frames of one move: the time between them is what drawing the first took.
      if (!all && this.moving) {
        const took = now - this.painted;
        if (took > FRAME) this.count = Math.max(Math.min(FEWEST, this.points.count), Math.round(this.count / 2));
        else if (took < FRAME / 2) this.count = Math.min(this.points.count, Math.ceil(this.count * GROWTH));
      }
      this.painted = now;
      this.moving = !all;
      this.paint(all ? this.points.count : this.count);
      clearTimeout(this.rest);
      if (!all) this.rest = window.setTimeout(() => this.draw(true), REST);
    });
  }

  private paint(count: number) {
    this.painter?.paint(this.camera, this.size, devicePixelRatio, count);
    this.below.dataset.drawn = String(count);
    const context = this.above.getContext('2d');
    if (!context) return;
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    context.clearRect(0, 0, this.size.width, this.size.height);
    context.textAlign = 'center';
    context.lineJoin = 'round';
    context.font = '600 12.5px system-ui, sans-serif';
    const widths = (text: string) => context.measureText(text).width;
    this.labels = labelsOf(this.points, this.names, this.camera, this.size, widths);
    const [ink, back] = [color('--ink'), color('--back')];
    for (const { text, x, y } of this.labels.filter((label) => label.text !== this.marked?.title)) this.write(context, text, x, y, ink, back);
    this.above.dataset.labels = String(this.labels.length);
    if (this.hovered !== undefined) {
      const [x, y] = this.screenOf(this.hovered);
      this.ring(context, x, y, 8);
    }
    if (this.marked?.place) {
      const [x, y] = toScreen(this.camera, this.size, ...this.marked.place);
      this.ring(context, x, y, 11);
      context.font = '700 15px system-ui, sans-serif';
      this.write(context, this.marked.title, x, y - 18, ink, back);
    }
    void this.names.ask();
  }

  private write(context: CanvasRenderingContext2D, text: string, x: number, y: number, ink: string, back: string) {
    context.lineWidth = 4;
    context.strokeStyle = back;
    context.strokeText(text, x, y);
    context.fillStyle = ink;
    context.fillText(text, x, y);
  }

  private ring(context: CanvasRenderingContext2D, x: number, y: number, radius: number) {
    context.lineWidth = 2.5;
    context.strokeStyle = color('--accent');
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.stroke();
  }

  private screenOf(point: number): [number, number] {
    return toScreen(this.camera, this.size, this.points.places[2 * point]!, this.points.places[2 * point + 1]!);
  }

  /** The point below a place of the screen, or whose name is there. */
  private pointAt(left: number, top: number): number | undefined {
    const named = this.labels.find((label) => Math.abs(label.x - left) < label.text.length * 3.6 && top > label.y - 13 && top < label.y + 4);
    if (named) return named.point;
    const [x, y] = toMapPlace(this.camera, this.size, left, top);
    return this.finder.nearest(x, y, REACH / this.camera.scale);
  }

  private hover(point: number | undefined) {
    this.hovered = point;
    this.above.style.cursor = point === undefined ? 'grab' : 'pointer';
    const item = point === undefined ? undefined : this.names.of(point);
    if (point !== undefined && item) {
      const [x, y] = this.screenOf(point);
      this.onTip({ item, x, y });
    } else {
      this.onTip(undefined);
    }
    this.draw();
  }

  private wheel(event: WheelEvent) {
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    this.camera = zoomed(this.camera, this.size, Math.exp(-event.deltaY * lines * 0.0018), event.offsetX, event.offsetY);
    this.hover(undefined);
  }

  private down(event: PointerEvent) {
    this.above.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
    this.travelled = 0;
  }

  private move(event: PointerEvent) {
    const before = this.pointers.get(event.pointerId);
    if (!before) {
      this.hover(this.pointAt(event.offsetX, event.offsetY));
      return;
    }
    const now = { x: event.offsetX, y: event.offsetY };
    this.travelled += Math.hypot(now.x - before.x, now.y - before.y);
    const other = [...this.pointers].find(([id]) => id !== event.pointerId)?.[1];
    if (other) {  // two fingers: nearer as they part, about the one that rests
      const factor = Math.hypot(now.x - other.x, now.y - other.y) / Math.max(1, Math.hypot(before.x - other.x, before.y - other.y));
      this.camera = zoomed(this.camera, this.size, factor, other.x, other.y);
    } else {
      this.camera = moved(this.camera, now.x - before.x, now.y - before.y);
    }
    this.pointers.set(event.pointerId, now);
    this.onTip(undefined);
    this.draw();
  }

  private up(event: PointerEvent) {
    this.pointers.delete(event.pointerId);
    if (this.travelled > SLACK) return;
    const point = this.pointAt(event.offsetX, event.offsetY);
    const item = point === undefined ? undefined : this.names.of(point);
    if (item) this.onChoose(item);
    else if (point !== undefined) void this.names.ask();
  }

  private key(event: KeyboardEvent) {
    const step: Record<string, [number, number]> = { ArrowLeft: [STEP, 0], ArrowRight: [-STEP, 0], ArrowUp: [0, STEP], ArrowDown: [0, -STEP] };
    const by = step[event.key];
    if (by) this.camera = moved(this.camera, ...by);
    else if (event.key === '+' || event.key === '=') this.camera = zoomed(this.camera, this.size, 1.5);
    else if (event.key === '-') this.camera = zoomed(this.camera, this.size, 1 / 1.5);
    else if (event.key === '0') this.camera = whole(this.size);
    else return;
    event.preventDefault();
    this.draw();
  }
}
