// For you: a handful of picked items, and what somebody who plays them would like next, each with its reason. The picks
// are in the address, too, so that it can be passed on.
import { useEffect } from 'preact/hooks';
import { get, part, post, tellsReasons, type Item, type Recommended } from '../api';
import { useLoad } from '../load';
import { link, toItem } from '../router';
import { Search } from '../search';
import { likes, setPlays, setTaste, toggle, useTaste, type Liked } from '../taste';
import { sentence } from '../text';
import { useTitle } from '../title';
import { bestOf, Empty, Failed, Head, Rows, Waiting } from '../ui';

const SHOWN = 20;
const STARTERS = 12;

/** Picks that somebody passed on. */
async function adopt(ids: string[]) {
  const found = await Promise.all(
    ids.slice(0, SHOWN).map((id) => get<{ item: Item }>(`/v1/items/${part(id)}`).then((answer) => answer.item, () => undefined)),
  );
  const picks: Liked[] = found.filter((item) => item !== undefined).map((item) => ({ id: item.id, title: item.title, value: 10 }));
  if (picks.length > 0) setTaste(picks);
}

const addressOf = (taste: Liked[]) => link('for-you') + (taste.length === 0 ? '' : '?' + taste.map((entry) => `like=${part(entry.id)}`).join('&'));

function Picks({ taste }: { taste: Liked[] }) {
  return (
    <ul class="picks" aria-label="What you like">
      {taste.map((entry) => (
        <li key={entry.id}>
          <a href={toItem(entry.id)}>{entry.title}</a>
          <label>
            <span class="hidden">Plays of {entry.title}</span>
            <input
              type="number"
              min={1}
              max={1000000}
              value={entry.value}
              title="Plays"
              onChange={(event) => setPlays(entry.id, Number(event.currentTarget.value))}
            />
          </label>
          <button type="button" class="round small" aria-label={`Remove ${entry.title}`} onClick={() => toggle(entry)}>
            ×
          </button>
        </li>
      ))}
    </ul>
  );
}

export function ForYou({ query }: { query: URLSearchParams }) {
  useTitle('For you');
  const taste = useTaste();
  const passed = query.getAll('like').join('\n');
  const known = taste.map((entry) => entry.id).join('\n');
  useEffect(() => {
    if (passed !== '' && passed !== known) void adopt(query.getAll('like'));
  }, [passed]);
  useEffect(() => {
    if (location.hash.startsWith(link('for-you'))) history.replaceState(null, '', addressOf(taste));
  }, [known]);

  const history_ = taste.map((entry) => ({ item: entry.id, value: entry.value }));
  const answer = useLoad(JSON.stringify(history_), async (signal) =>
    post<Recommended>('/v1/recommendations', { history: history_, n: SHOWN, explain: await tellsReasons(signal) }, signal),
  );
  const starters = useLoad('starters', (signal) => get<{ items: Item[] }>(`/v1/items?n=${STARTERS}`, signal));
  const popular = answer.value?.method === 'popularity';
  return (
    <>
      <Head title="For you" line="Pick a handful that you like. Nothing leaves this browser but the question." />
      <div class="columns turned">
        <section class="side" aria-label="Your picks">
          <div class="card pad">
            <Search label="Add what you like" placeholder="Add an artist" onChoose={(item) => !likes(item.id) && toggle(item)} />
            {taste.length > 0 ? (
              <>
                <Picks taste={taste} />
                <button type="button" class="button quiet" onClick={() => setTaste([])}>
                  Clear
                </button>
              </>
            ) : (
              <p class="soft">Nothing is picked yet. Begin with some that many like:</p>
            )}
            {taste.length < 3 && starters.value && (
              <ul class="chips" aria-label="Suggestions to begin with">
                {starters.value.items
                  .filter((item) => !likes(item.id))
                  .map((item) => (
                    <li key={item.id}>
                      <button type="button" class="chip" onClick={() => toggle(item)}>
                        + {item.title}
                      </button>
                    </li>
                  ))}
              </ul>
            )}
          </div>
        </section>
        <section aria-label="Suggestions" aria-busy={answer.busy}>
          <h2>{popular ? 'Most listeners' : 'You may like'}</h2>
          {answer.error ? (
            <Failed error={answer.error} />
          ) : !answer.value ? (
            <Waiting rows={12} />
          ) : answer.value.results.length === 0 ? (
            <Empty>{sentence(answer.value.note ?? 'nothing is left to suggest')}</Empty>
          ) : (
            <Rows
              items={answer.value.results}
              best={popular ? 0 : bestOf(answer.value.results)}
              value={popular ? undefined : (item) => (item.score ?? 0).toFixed(3)}
              label="Suggestions"
            />
          )}
        </section>
      </div>
    </>
  );
}
