// A small map of what is near one item: its places on the map of the model, or, where the model has none, a clock on which
// the nearest are in the middle.
import type { Item, Scored } from '../api';
import { toItem } from '../router';

const SIZE = 360;
const MIDDLE = SIZE / 2;
const REACH = MIDDLE - 34;
const GOLDEN = 2.399963; // radians: turns by it never fall in line
const NEARER = 0.35; // distances to this power: most neighbors lie close together, and a few far off

interface Dot {
  item: Scored;
  x: number;
  y: number;
  r: number;
}

const radius = (listeners: number, most: number) => 3.5 + 6 * Math.sqrt(listeners / Math.max(1, most));

function placed(center: Item, others: Scored[]): { dots: Dot[]; real: boolean } {
  const most = Math.max(center.listeners, ...others.map((item) => item.listeners));
  const [cx, cy] = center.place ?? [0, 0];
  if (center.place && others.every((item) => item.place)) {
    const away = (item: Scored) => Math.hypot(item.place![0] - cx, item.place![1] - cy);
    const farthest = Math.max(1e-9, ...others.map(away));
    const dots = others.map((item) => {
      const far = Math.max(1e-9, away(item));
      const drawn = (REACH * (far / farthest) ** NEARER) / far; // pixels for a unit of the map, in this direction
      return { item, x: MIDDLE + (item.place![0] - cx) * drawn, y: MIDDLE - (item.place![1] - cy) * drawn, r: radius(item.listeners, most) };
    });
    return { dots, real: true };
  }
  const best = others[0]?.score ?? 1;
  const last = Math.min(best - 1e-6, others[others.length - 1]?.score ?? 0);
  const dots = others.map((item, i) => {
    const far = 40 + (REACH - 40) * ((best - item.score) / (best - last));
    return { item, x: MIDDLE + far * Math.cos(i * GOLDEN), y: MIDDLE + far * Math.sin(i * GOLDEN), r: radius(item.listeners, most) };
  });
  return { dots, real: false };
}

/** Names of dots, those that would cover another left out; the nearest in the list first. */
function named(dots: Dot[]) {
  const taken = [{ left: MIDDLE - 50, right: MIDDLE + 50, top: MIDDLE - 26, bottom: MIDDLE + 10 }];
  const names = new Map<string, number>(); // by id: where the text begins
  for (const dot of dots) {
    const width = dot.item.title.length * 6.3;
    const x = Math.max(2, Math.min(SIZE - width - 2, dot.x - width / 2));
    const box = { left: x, right: x + width, top: dot.y - dot.r - 15, bottom: dot.y - dot.r };
    if (box.top < 2 || taken.some((other) => box.left < other.right && box.right > other.left && box.top < other.bottom && box.bottom > other.top)) continue;
    taken.push(box);
    names.set(dot.item.id, x + width / 2);
  }
  return names;
}

export function Neighborhood({ center, others, lit }: { center: Item; others: Scored[]; lit: string }) {
  const { dots, real } = placed(center, others);
  const names = named(dots);
  return (
    <figure class="card near">
      <svg viewBox={`0 0 ${SIZE} ${SIZE}`} role="group" aria-label={`Items near ${center.title}`}>
        {[1, 2 / 3, 1 / 3].map((share) => (
          <circle key={share} class="ring" cx={MIDDLE} cy={MIDDLE} r={REACH * share} />
        ))}
        {dots.map((dot) => (
          <a key={dot.item.id} href={toItem(dot.item.id)} aria-label={dot.item.title} class={dot.item.title === lit ? 'lit' : ''}>
            <title>{dot.item.title}</title>
            <circle cx={dot.x} cy={dot.y} r={dot.r} class="dot" />
            <text
              x={names.get(dot.item.id) ?? Math.max(40, Math.min(SIZE - 40, dot.x))}
              y={dot.y - dot.r - 4}
              class={names.has(dot.item.id) ? '' : 'quiet'}
            >
              {dot.item.title}
            </text>
          </a>
        ))}
        <circle cx={MIDDLE} cy={MIDDLE} r={7} class="me" />
        <text x={MIDDLE} y={MIDDLE - 12} class="mine">
          {center.title}
        </text>
      </svg>
      <figcaption class="soft">
        {real ? 'As they lie on the map of the catalogue, far ones drawn nearer.' : 'The nearer to the middle, the more alike.'}
      </figcaption>
    </figure>
  );
}
