// What you like: kept by this browser, and in the address of "for you", so that it can be passed on.
import { useEffect, useState } from 'preact/hooks';
import type { Item } from './api';

export interface Liked {
  id: string;
  title: string;
  value: number; // plays
}

const KEY = 'segue.taste';
const PLAYS = 10; // of what is newly liked
const MOST = 50;

function read(): Liked[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    if (!Array.isArray(stored)) return [];
    return stored.filter((entry) => typeof entry?.id === 'string' && typeof entry?.title === 'string' && entry?.value > 0);
  } catch {
    return []; // private windows keep nothing
  }
}

let taste = read();
const listeners = new Set<(taste: Liked[]) => void>();

export function setTaste(next: Liked[]) {
  taste = next.slice(0, MOST);
  try {
    localStorage.setItem(KEY, JSON.stringify(taste));
  } catch {
    // see above
  }
  for (const tell of listeners) tell(taste);
}

export const likes = (id: string) => taste.some((entry) => entry.id === id);

export function toggle(item: Pick<Item, 'id' | 'title'>) {
  if (likes(item.id)) setTaste(taste.filter((entry) => entry.id !== item.id));
  else setTaste([...taste, { id: item.id, title: item.title, value: PLAYS }]);
}

export function setPlays(id: string, value: number) {
  setTaste(taste.map((entry) => (entry.id === id ? { ...entry, value: Math.max(1, Math.round(value) || 1) } : entry)));
}

export function useTaste(): Liked[] {
  const [seen, set] = useState(taste);
  useEffect(() => {
    listeners.add(set);
    set(taste);
    return () => void listeners.delete(set);
  }, []);
  return seen;
}
