// An item: what is like it, as a list and on a map, and what each index finds of that.
import { useState } from 'preact/hooks';
import { get, part, type Model, type Similar } from '../api';
import { useLoad } from '../load';
import { Neighborhood } from '../map/neighborhood';
import { go, toItem, toMap } from '../router';
import { listeners, percent } from '../text';
import { useTitle } from '../title';
import { bestOf, Empty, Failed, Head, Like, Rows, Waiting } from '../ui';

const SHOWN = 20;

const similar = (id: string, index: string, signal: AbortSignal) =>
  get<Similar>(`/v1/items/${part(id)}/similar?n=${SHOWN}&place=true${index ? `&index=${part(index)}` : ''}`, signal);

/** What the chosen index left out of the true list. */
function Missed({ answer, truth }: { answer: Similar; truth: Similar }) {
  const there = new Set(answer.results.map((item) => item.id));
  const missed = truth.results.filter((item) => !there.has(item.id));
  return (
    <div class="missing" role="status">
      {missed.length === 0 ? (
        <p>
          <b>{answer.index}</b> finds all of the true {truth.results.length}
          {answer.recall && <> here; {percent(answer.recall.at_10)} of the true 10 on average</>}.
        </p>
      ) : (
        <>
          <p>
            <b>{answer.index}</b> finds {truth.results.length - missed.length} of the true {truth.results.length} here
            {answer.recall && <>; {percent(answer.recall.at_10)} of the true 10 on average</>}. It misses:
          </p>
          <ul class="chips">
            {missed.map((item) => (
              <li key={item.id}>
                <a class="chip" href={toItem(item.id)}>
                  {item.title}
                </a>
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}

export function ItemPage({ id, query }: { id: string; query: URLSearchParams }) {
  const index = query.get('index') ?? '';
  const answer = useLoad(`${id} ${index}`, (signal) => similar(id, index, signal));
  const truth = useLoad(id, (signal) => similar(id, 'exact', signal));
  const model = useLoad('model', (signal) => get<Model>('/v1/model', signal));
  const [lit, light] = useState('');
  const item = answer.value?.item;
  useTitle(item?.title ?? id);
  if (answer.error) {
    return (
      <>
        <Head title={id} />
        <Failed error={answer.error} />
      </>
    );
  }
  if (!answer.value || !item) return <Waiting rows={12} />;
  const { results } = answer.value;
  return (
    <>
      <Head title={item.title} line={listeners(item.listeners)}>
        <Like item={item} words />
        {item.place && (
          <a class="button" href={toMap(item.id)}>
            On the map
          </a>
        )}
      </Head>
      {results.length === 0 ? (
        <Empty>Training has learned nothing about this one: too few people play it.</Empty>
      ) : (
        <div class="columns">
          <section aria-label="Similar">
            <div class="over">
              <h2>Similar</h2>
              {model.value && model.value.indexes.length > 1 && (
                <div class="switch" role="group" aria-label="Searched by">
                  {model.value.indexes.map((kind) => (
                    <button key={kind} type="button" aria-pressed={kind === answer.value!.index} onClick={() => go(`${toItem(id)}?index=${part(kind)}`)}>
                      {kind}
                    </button>
                  ))}
                </div>
              )}
            </div>
            {truth.value && answer.value.index !== 'exact' && <Missed answer={answer.value} truth={truth.value} />}
            <div onMouseOver={(event) => light((event.target as Element).closest('li')?.querySelector('b')?.textContent ?? '')} onMouseLeave={() => light('')}>
              <Rows items={results} best={Math.max(1e-9, bestOf(results))} value={(each) => (each.score ?? 0).toFixed(3)} label="Similar" />
            </div>
          </section>
          <section class="side" aria-label="Its neighborhood">
            <h2>Its neighborhood</h2>
            <Neighborhood center={item} others={results} lit={lit} />
          </section>
        </div>
      )}
    </>
  );
}
