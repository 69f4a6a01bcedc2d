// The map: the whole catalogue, what is near sounds alike.
import { useEffect, useRef, useState } from 'preact/hooks';
import { get, part, type Item, type MapCard } from '../api';
import { useLoad } from '../load';
import { css, isDark, palette } from '../map/palette';
import { loadPoints } from '../map/points';
import { MapView, type Tip } from '../map/view';
import { go, toItem, toMap } from '../router';
import { listeners, number } from '../text';
import { useTitle } from '../title';
import { Failed, Head, Waiting } from '../ui';

function Legend({ card, onChoose }: { card: MapCard; onChoose: (x: number, y: number) => void }) {
  const colors = palette(card.clusters.length, isDark());
  return (
    <details class="legend card" open={innerWidth > 900}>
      <summary>Regions</summary>
      <ul>
        {card.clusters.map((cluster, i) => (
          <li key={cluster.cluster}>
            <button type="button" onClick={() => onChoose(cluster.x, cluster.y)}>
              <i style={{ background: css(colors[i]!) }} />
              <span>{cluster.top.map((item) => item.title).join(', ')}</span>
              <span class="count">{number(cluster.items)}</span>
            </button>
          </li>
        ))}
      </ul>
    </details>
  );
}

export function MapPage({ id }: { id: string }) {
  useTitle('The map');
  const below = useRef<HTMLCanvasElement>(null);
  const above = useRef<HTMLCanvasElement>(null);
  const view = useRef<MapView>();
  const [tip, setTip] = useState<Tip>();
  const [, recolored] = useState(0);
  const card = useLoad('map', (signal) => get<MapCard>('/v1/map', signal));
  const points = useLoad('points', loadPoints);
  const asked = useLoad(id, async (signal) =>
    id === '' ? undefined : (await get<{ item: Item }>(`/v1/items/${part(id)}?place=true`, signal)).item,
  );

  useEffect(() => {
    if (!card.value || !points.value || !below.current || !above.current) return;
    const made = new MapView(below.current, above.current, points.value, card.value.clusters.length, setTip, (item) => go(toMap(item.id)));
    view.current = made;
    if (asked.value) made.show(asked.value);
    return () => {
      made.end();
      view.current = undefined;
    };
  }, [card.value, points.value]);
  useEffect(() => {
    if (asked.busy) return;
    if (asked.value) view.current?.show(asked.value);
  }, [asked.value, asked.busy]);
  useEffect(() => {
    const again = () => recolored((n) => n + 1);
    addEventListener('themechange', again);
    return () => removeEventListener('themechange', again);
  }, []);

  const error = card.error ?? points.error;
  if (error) {
    return (
      <div class="inset">
        <Head title="The map" line={error.status === 404 ? 'There is none here.' : undefined} />
        <Failed error={error} />
      </div>
    );
  }
  if (!card.value || !points.value) {
    return (
      <div class="inset">
        <Head title="The map" line="The points are on their way." />
        <Waiting rows={12} />
      </div>
    );
  }
  const item = asked.value;
  return (
    <div class="map">
      <h1 class="hidden">The map</h1>
      <canvas ref={below} />
      <canvas
        ref={above}
        tabIndex={0}
        role="application"
        aria-label={`Map of ${number(card.value.points)} items. Arrow keys move it, plus and minus zoom, 0 shows all.`}
      />
      {tip && (
        <div class="tip" style={{ left: `${tip.x}px`, top: `${tip.y}px` }}>
          <b>{tip.item.title}</b> <span class="soft">{listeners(tip.item.listeners)}</span>
        </div>
      )}
      <div class="zoom" role="group" aria-label="Zoom">
        <button type="button" class="button" aria-label="Nearer" onClick={() => view.current?.zoom(1.6)}>
          +
        </button>
        <button type="button" class="button" aria-label="Farther" onClick={() => view.current?.zoom(1 / 1.6)}>
          −
        </button>
        <button type="button" class="button" aria-label="The whole map" onClick={() => (view.current?.showAll(), go(toMap('')))}>
          ⤢
        </button>
      </div>
      {item && (
        <div class="card pad chosen" role="status">
          <b>{item.title}</b>
          <span class="soft">{item.place ? listeners(item.listeners) : 'has no place: too few people play it'}</span>
          <a class="button main" href={toItem(item.id)}>
            What is like it
          </a>
        </div>
      )}
      {asked.error && (
        <div class="chosen">
          <Failed error={asked.error} />
        </div>
      )}
      <Legend card={card.value} onChoose={(x, y) => view.current?.showPlace(x, y)} />
      <p class="trust soft">
        {number(card.value.points)} items · trustworthiness {card.value.trustworthiness.toFixed(3)}
      </p>
    </div>
  );
}
