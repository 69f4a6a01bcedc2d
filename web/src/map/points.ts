// Points: all items that have a place, most listeners first, as /v1/map/points sends them: for n points n pairs of float32
// (x, y), then n uint32 listeners, then n uint32 clusters, little-endian, as browsers run on no other machines.
import { bytes, get, type Item } from '../api';

export interface Points {
  count: number;
  places: Float32Array; // x, y by turns
  listeners: Uint32Array;
  clusters: Uint32Array;
}

const BYTES = 16; // of a point

export async function loadPoints(signal: AbortSignal): Promise<Points> {
  const all = await bytes('/v1/map/points', signal);
  const count = Math.floor(all.byteLength / BYTES);
  return {
    count,
    places: new Float32Array(all, 0, 2 * count),
    listeners: new Uint32Array(all, 8 * count, count),
    clusters: new Uint32Array(all, 12 * count, count),
  };
}

const MOST = 100; // points that one request may name

/** What points are called; asked for when they are first seen. */
export class Names {
  private known = new Map<number, Item>();
  private wanted = new Set<number>();
  private busy = false;

  constructor(private readonly changed: () => void) {}

  of(point: number): Item | undefined {
    const item = this.known.get(point);
    if (!item) this.wanted.add(point);
    return item;
  }

  /** Asks for what of() could not say; tells when it can. */
  async ask() {
    if (this.busy || this.wanted.size === 0) return;
    this.busy = true;
    const points = [...this.wanted].slice(0, MOST);
    this.wanted.clear();
    try {
      const answer = await get<{ items: Item[] }>(`/v1/map/items?${points.map((point) => `point=${point}`).join('&')}`);
      answer.items.forEach((item, i) => this.known.set(points[i]!, item));
      this.changed();
    } catch {
      // Names are missing until the next move of the map.
    }
    this.busy = false;
  }
}

/** The point nearest to a place of the map, within `reach` of it. A grid keeps it from looking at all of them. */
export class Finder {
  private readonly cells = new Map<number, number[]>();
  private static readonly SIDE = 256;

  constructor(private readonly points: Points) {
    for (let i = 0; i < points.count; ++i) {
      const cell = Finder.cell(points.places[2 * i]!, points.places[2 * i + 1]!);
      const list = this.cells.get(cell);
      if (list) list.push(i);
      else this.cells.set(cell, [i]);
    }
  }

  private static at = (value: number) => Math.max(0, Math.min(Finder.SIDE - 1, Math.floor(((value + 1) / 2) * Finder.SIDE)));
  private static cell = (x: number, y: number) => Finder.at(x) * Finder.SIDE + Finder.at(y);

  nearest(x: number, y: number, reach: number): number | undefined {
    let best: number | undefined;
    let least = reach * reach;
    for (let column = Finder.at(x - reach); column <= Finder.at(x + reach); ++column) {
      for (let row = Finder.at(y - reach); row <= Finder.at(y + reach); ++row) {
        for (const point of this.cells.get(column * Finder.SIDE + row) ?? []) {
          const dx = this.points.places[2 * point]! - x;
          const dy = this.points.places[2 * point + 1]! - y;
          const square = dx * dx + dy * dy;
          if (square < least) [best, least] = [point, square];
        }
      }
    }
    return best;
  }
}
