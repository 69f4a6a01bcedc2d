// The title of the window says what is shown, so that history and tabs can be told apart.
import { useEffect } from 'preact/hooks';

export function useTitle(title: string) {
  useEffect(() => {
    document.title = title === '' ? 'segue' : `${title} · segue`;
  }, [title]);
}
