// What a view waits for: a value, an error, or neither yet. An answer that comes after its view is gone is dropped.
import { useEffect, useState } from 'preact/hooks';
import { Refused } from './api';

export interface Loaded<T> {
  value?: T;
  error?: Refused;
  busy: boolean;
}

/** Loads anew whenever `key` changes; what was there stays until the next answer. */
export function useLoad<T>(key: string, load: (signal: AbortSignal) => Promise<T>): Loaded<T> {
  const [state, set] = useState<Loaded<T>>({ busy: true });
  useEffect(() => {
    const ended = new AbortController();
    set((before) => ({ value: before.value, busy: true }));
    load(ended.signal).then(
      (value) => ended.signal.aborted || set({ value, busy: false }),
      (error) => {
        if (ended.signal.aborted) return;
        const refused = error instanceof Refused ? error : new Refused('This page failed.', String(error), 0);
        set({ error: refused, busy: false });
      },
    );
    return () => ended.abort();
  }, [key]);
  return state;
}
