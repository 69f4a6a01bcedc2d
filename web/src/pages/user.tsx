// A user of the model: what they play beside what they would like next. And a list of users, to begin with.
import { useState } from 'preact/hooks';
import { get, part, tellsReasons, type OtherUser, type Recommended, type User } from '../api';
import { useLoad } from '../load';
import { go, toUser } from '../router';
import { number, plural, sentence } from '../text';
import { useTitle } from '../title';
import { bestOf, Empty, Failed, Head, Rows, Waiting } from '../ui';

const SHOWN = 20;
const LISTED = 60;

export function Users() {
  useTitle('Users');
  const [id, setId] = useState('');
  const users = useLoad('users', (signal) => get<{ users: { id: string; items: number }[]; total: number }>(`/v1/users?n=${LISTED}`, signal));
  return (
    <>
      <Head title="Users" line={users.value ? `${number(users.value.total)} whose plays the model has learned from.` : ' '} />
      <form
        class="ask"
        onSubmit={(event) => {
          event.preventDefault();
          if (id.trim() !== '') go(toUser(id.trim()));
        }}
      >
        <label for="user-id">Id of a user</label>
        <input id="user-id" value={id} autocomplete="off" spellcheck={false} onInput={(event) => setId(event.currentTarget.value)} />
        <button type="submit" class="button main">
          Show
        </button>
      </form>
      {users.error ? (
        <Failed error={users.error} />
      ) : !users.value ? (
        <Waiting />
      ) : (
        <ul class="chips spread" aria-label="Some users">
          {users.value.users.map((user) => (
            <li key={user.id}>
              <a class="chip" href={toUser(user.id)}>
                {user.id} <span class="soft">{number(user.items)}</span>
              </a>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

export function UserPage({ id }: { id: string }) {
  useTitle(`User ${id}`);
  const path = `/v1/users/${part(id)}`;
  const user = useLoad(path, (signal) => get<User>(`${path}?n=${SHOWN}`, signal));
  const next = useLoad(path, async (signal) =>
    get<Recommended>(`${path}/recommendations?n=${SHOWN}&explain=${await tellsReasons(signal)}`, signal),
  );
  const others = useLoad(path, (signal) => get<{ results: OtherUser[] }>(`${path}/similar?n=8`, signal));
  if (user.error) {
    return (
      <>
        <Head title={`User ${id}`} />
        <Failed error={user.error} />
      </>
    );
  }
  if (!user.value) return <Waiting rows={12} />;
  const popular = next.value?.method === 'popularity';
  const most = Math.max(1e-9, ...user.value.history.map((item) => item.value));
  return (
    <>
      <Head title={`User ${id}`} line={`plays ${plural(user.value.items, 'item')}`} />
      <div class="columns even">
        <section aria-label="Would like next">
          <h2>{popular ? 'Most listeners' : 'Would like next'}</h2>
          {next.error ? (
            <Failed error={next.error} />
          ) : !next.value ? (
            <Waiting rows={12} />
          ) : next.value.results.length === 0 ? (
            <Empty>{sentence(next.value.note ?? 'nothing is left to suggest')}</Empty>
          ) : (
            <>
              {next.value.note && <p class="soft">{sentence(next.value.note)}</p>}
              <Rows
                items={next.value.results}
                best={popular ? 0 : bestOf(next.value.results)}
                value={popular ? undefined : (item) => (item.score ?? 0).toFixed(3)}
                label="Would like next"
              />
            </>
          )}
        </section>
        <section aria-label="Plays most">
          <h2>Plays most</h2>
          {user.value.history.length === 0 ? (
            <Empty>Nothing.</Empty>
          ) : (
            <Rows
              items={user.value.history.map((item) => ({ ...item, score: item.value }))}
              best={most}
              value={(item) => plural(item.score ?? 0, 'play')}
              label="Plays most"
            />
          )}
        </section>
      </div>
      {others.value && others.value.results.length > 0 && (
        <section aria-label="Users like this one">
          <h2>Users like this one</h2>
          <ul class="chips spread">
            {others.value.results.map((other) => (
              <li key={other.id}>
                <a class="chip" href={toUser(other.id)}>
                  {other.id} <span class="soft">{other.score.toFixed(2)}</span>
                </a>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}
