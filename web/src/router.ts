// Where one is: the part of the address behind "#", so that every view can be linked to, and the back button works.
import { useEffect, useState } from 'preact/hooks';

export interface Route {
  page: string; // "" is the beginning
  argument: string;
  query: URLSearchParams;
}

export function parse(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const slash = path.indexOf('/');
  const page = slash < 0 ? path : path.slice(0, slash);
  let argument = slash < 0 ? '' : path.slice(slash + 1);
  try {
    argument = decodeURIComponent(argument);
  } catch {
    // A "%" that somebody typed: taken as it is.
  }
  return { page, argument, query: new URLSearchParams(query) };
}

export const link = (page: string, argument = '') => `#/${page}${argument === '' ? '' : '/' + encodeURIComponent(argument)}`;
export const toItem = (id: string) => link('item', id);
export const toUser = (id: string) => link('user', id);
export const toMap = (id: string) => link('map', id);

export function go(to: string) {
  location.hash = to;
}

export function useRoute(): Route {
  const [route, set] = useState(() => parse(location.hash));
  useEffect(() => {
    const moved = () => set(parse(location.hash));
    addEventListener('hashchange', moved);
    return () => removeEventListener('hashchange', moved);
  }, []);
  return route;
}
