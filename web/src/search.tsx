// Search as one types: a combobox as the ARIA practices describe it. What is chosen is up to whoever shows it.
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { get, Refused, type Item } from './api';
import { listeners } from './text';

const FOUND = 8;
const PAUSE = 60; // milliseconds that fast typing is waited out

interface Props {
  label: string;
  placeholder: string;
  onChoose: (item: Item) => void;
  shortcut?: boolean; // "/" puts the cursor here
}

export function Search({ label, placeholder, onChoose, shortcut }: Props) {
  const [text, setText] = useState('');
  const [found, setFound] = useState<Item[]>([]);
  const [hint, setHint] = useState('');
  const [open, setOpen] = useState(false);
  const [chosen, setChosen] = useState(0);
  const box = useRef<HTMLInputElement>(null);
  const id = useId();

  useEffect(() => {
    const typed = text.trim();
    if (typed === '') {
      setOpen(false);
      setFound([]);
      return;
    }
    const ended = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const answer = await get<{ items: Item[]; match: string }>(`/v1/items?n=${FOUND}&q=${encodeURIComponent(typed)}`, ended.signal);
        setFound(answer.items);
        setHint(answer.items.length === 0 ? 'Nothing is called so.' : answer.match === 'similar' ? 'Nothing is called so; perhaps:' : '');
      } catch (error) {
        if (ended.signal.aborted) return;
        setFound([]);
        setHint(error instanceof Refused ? error.message : 'Searching failed.');
      }
      setChosen(0);
      setOpen(true);
    }, PAUSE);
    return () => {
      clearTimeout(timer);
      ended.abort();
    };
  }, [text]);

  useEffect(() => {
    if (!shortcut) return;
    const pressed = (event: KeyboardEvent) => {
      const at = document.activeElement?.tagName ?? '';
      if (event.key !== '/' || event.ctrlKey || event.metaKey || /^(INPUT|TEXTAREA|SELECT)$/.test(at)) return;
      event.preventDefault();
      box.current?.focus();
    };
    addEventListener('keydown', pressed);
    return () => removeEventListener('keydown', pressed);
  }, [shortcut]);

  const choose = (item: Item | undefined) => {
    if (!item) return;
    setText('');
    setOpen(false);
    onChoose(item);
  };
  const pressed = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      if (open) setOpen(false);
      else setText('');
    } else if (event.key === 'Enter') {
      event.preventDefault();
      if (open) choose(found[chosen]);
    } else if ((event.key === 'ArrowDown' || event.key === 'ArrowUp') && found.length > 0) {
      event.preventDefault();
      setOpen(true);
      setChosen((chosen + (event.key === 'ArrowDown' ? 1 : found.length - 1)) % found.length);
    }
  };

  return (
    <div class="search" role="search">
      <label class="hidden" for={`${id}-box`}>
        {label}
      </label>
      <svg class="glass" viewBox="0 0 24 24" width="18" height="18" aria-hidden="true">
        <circle cx="10.5" cy="10.5" r="6" />
        <path d="M15 15l5 5" />
      </svg>
      <input
        ref={box}
        id={`${id}-box`}
        type="search"
        autocomplete="off"
        spellcheck={false}
        placeholder={placeholder}
        value={text}
        role="combobox"
        aria-expanded={open}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={open && found.length > 0 ? `${id}-${chosen}` : undefined}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={pressed}
        onFocus={() => text.trim() !== '' && setOpen(true)}
        onBlur={() => setOpen(false)}
      />
      {shortcut && <kbd aria-hidden="true">/</kbd>}
      <div class="found" hidden={!open}>
        {hint && (
          <p class="soft hint" role="status">
            {hint}
          </p>
        )}
        <ul id={`${id}-list`} role="listbox" aria-label={label} hidden={found.length === 0}>
          {found.map((item, i) => (
            <li
              key={item.id}
              id={`${id}-${i}`}
              role="option"
              aria-selected={i === chosen}
              onMouseDown={(event) => event.preventDefault()}
              onMouseMove={() => i !== chosen && setChosen(i)}
              onClick={() => choose(item)}
            >
              <span>{item.title}</span>
              <span class="count">{listeners(item.listeners)}</span>
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}
