// The explorer: a bar on top, a view below, chosen by the address behind "#".
import { render } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { get, mayHaveMap, type Model } from './api';
import { useLoad } from './load';
import { ForYou } from './pages/for_you';
import { Home } from './pages/home';
import { ItemPage } from './pages/item';
import { MapPage } from './pages/map';
import { ModelPage } from './pages/model';
import { Notices } from './pages/notices';
import { UserPage, Users } from './pages/user';
import { go, link, toItem, useRoute, type Route } from './router';
import { Search } from './search';
import { startTheme, ThemeButton } from './theme';
import { Head } from './ui';

const LINKS = [
  ['for-you', 'For you'],
  ['map', 'Map'],
  ['users', 'Users'],
  ['model', 'Model'],
] as const;

function View({ route }: { route: Route }) {
  switch (route.page) {
    case '':
      return <Home />;
    case 'item':
      return <ItemPage key={route.argument} id={route.argument} query={route.query} />;
    case 'for-you':
      return <ForYou query={route.query} />;
    case 'users':
      return <Users />;
    case 'user':
      return <UserPage key={route.argument} id={route.argument} />;
    case 'map':
      return <MapPage id={route.argument} />;
    case 'model':
      return <ModelPage />;
    case 'notices':
      return <Notices />;
    default:
      return (
        <Head title="There is nothing here" line="The address leads nowhere.">
          <a class="button" href="#/">
            To the beginning
          </a>
        </Head>
      );
  }
}

function App() {
  const route = useRoute();
  const view = useRef<HTMLElement>(null);
  const first = useRef(true);
  const model = useLoad('model', (signal) => get<Model>('/v1/model', signal)).value;
  const place = `${route.page}/${route.argument}`;
  useEffect(() => {
    if (first.current) {
      first.current = false;
      return;
    }
    scrollTo(0, 0);
    view.current?.focus({ preventScroll: true });
  }, [place]);
  return (
    <>
      <a class="skip" href="#view" onClick={(event) => (event.preventDefault(), view.current?.focus())}>
        To the content
      </a>
      <header class="top">
        <div>
          <a class="brand" href="#/" aria-label="segue, to the beginning">
            seg<span>ue</span>
          </a>
          <Search label="Search items" placeholder="Search an artist" shortcut onChoose={(item) => go(toItem(item.id))} />
          <nav aria-label="Pages">
            {LINKS.filter(([page]) => page !== 'map' || !model || mayHaveMap(model)).map(([page, words]) => (
              <a key={page} href={link(page)} aria-current={route.page === page || (page === 'users' && route.page === 'user') ? 'page' : undefined}>
                {words}
              </a>
            ))}
          </nav>
          <ThemeButton />
        </div>
      </header>
      <main id="view" ref={view} tabIndex={-1} class={route.page === 'map' ? 'wide' : ''}>
        <View route={route} />
      </main>
      {route.page !== 'map' && (
        <footer>
          <a href={link('notices')}>Notices</a>
          <a href="/openapi.json">API</a>
        </footer>
      )}
    </>
  );
}

startTheme();
render(<App />, document.getElementById('app')!);
