// The beginning: what most people play.
import { get, mayHaveMap, type Item, type Model } from '../api';
import { useLoad } from '../load';
import { link } from '../router';
import { number } from '../text';
import { useTitle } from '../title';
import { Empty, Failed, Head, Rows, Waiting } from '../ui';

const SHOWN = 20;

export function Home() {
  useTitle('');
  const popular = useLoad('popular', (signal) => get<{ items: Item[] }>(`/v1/items?n=${SHOWN}`, signal));
  const model = useLoad('model', (signal) => get<Model>('/v1/model', signal));
  const line = model.value && (
    <>
      {number(model.value.items)} artists, {number(model.value.users)} listeners.
      {model.value.note && <> This is {model.value.note}.</>}
    </>
  );
  return (
    <>
      <Head title="Find your way from one to the next" line={line ?? ' '} />
      <div class="doors">
        <a class="card" href={link('for-you')}>
          <b>For you</b>
          <span class="soft">Pick a handful that you like; every suggestion says why.</span>
        </a>
        {(!model.value || mayHaveMap(model.value)) && (
          <a class="card" href={link('map')}>
            <b>The map</b>
            <span class="soft">The whole catalogue; what is near sounds alike.</span>
          </a>
        )}
        <a class="card" href={link('model')}>
          <b>The model</b>
          <span class="soft">How it was made, and how exact its answers are.</span>
        </a>
      </div>
      <h2>Most listeners</h2>
      {popular.error ? (
        <Failed error={popular.error} />
      ) : !popular.value ? (
        <Waiting />
      ) : popular.value.items.length === 0 ? (
        <Empty>The model holds nothing.</Empty>
      ) : (
        <Rows items={popular.value.items} label="Most listeners" />
      )}
    </>
  );
}
