// The small parts that views share.
import type { ComponentChildren } from 'preact';
import type { Refused, Scored, Item } from './api';
import { toItem } from './router';
import { likes, toggle, useTaste } from './taste';
import { listeners } from './text';

export function Like({ item, words }: { item: Pick<Item, 'id' | 'title'>; words?: boolean }) {
  useTaste(); // drawn anew when it changes
  const on = likes(item.id);
  return (
    <button
      type="button"
      class={`like ${words ? 'button' : 'round'} ${on ? 'on' : ''}`}
      aria-pressed={on}
      aria-label={words ? undefined : `Like ${item.title}`}
      onClick={() => toggle(item)}
    >
      <svg viewBox="0 0 24 24" width="18" height="18" aria-hidden="true">
        <path d="M12 20s-7.5-4.6-7.5-10A4.2 4.2 0 0 1 12 7.4 4.2 4.2 0 0 1 19.5 10c0 5.4-7.5 10-7.5 10z" />
      </svg>
      {words && (on ? 'In your taste' : 'Add to your taste')}
    </button>
  );
}

export function Head({ title, line, children }: { title: string; line?: ComponentChildren; children?: ComponentChildren }) {
  return (
    <div class="head">
      <div>
        <h1>{title}</h1>
        {line && <p class="soft">{line}</p>}
      </div>
      {children && <div class="actions">{children}</div>}
    </div>
  );
}

export function Failed({ error }: { error: Refused }) {
  return (
    <div class="message bad" role="alert">
      <strong>{error.message}</strong>
      {error.fix && <p>{error.fix}</p>}
    </div>
  );
}

export const Empty = ({ children }: { children: ComponentChildren }) => <p class="message soft">{children}</p>;

/** Grey rows in the place of what is on its way. */
export function Waiting({ rows = 8 }: { rows?: number }) {
  return (
    <div class="card waiting" role="status" aria-label="Loading">
      {Array.from({ length: rows }, (_, i) => (
        <i key={i} style={{ width: `${92 - ((i * 37) % 45)}%` }} />
      ))}
    </div>
  );
}

interface RowsProps {
  items: (Item & Partial<Scored>)[];
  /** What stands at the right of a row. */
  value?: (item: Item & Partial<Scored>) => string;
  /** What bars are shares of; 0: no bars. */
  best?: number;
  missing?: Set<string>;
  label: string;
}

/** A numbered list of items with bars, hearts and reasons. */
export function Rows({ items, value, best = 0, label, missing }: RowsProps) {
  return (
    <ol class="card rows" aria-label={label}>
      {items.map((item, i) => (
        <li key={item.id} class={missing?.has(item.id) ? 'missed' : ''}>
          <span class="rank">{i + 1}</span>
          <div class="what">
            <a href={toItem(item.id)}>
              {best > 0 && <i style={{ width: `${Math.max(0, Math.min(100, (100 * (item.score ?? 0)) / best))}%` }} />}
              <b>{item.title}</b>
            </a>
            {item.reasons && item.reasons.length > 0 && (
              <p class="because">
                because of{' '}
                {item.reasons.map((reason, r) => (
                  <span key={reason.id}>
                    {r > 0 && ', '}
                    <a href={toItem(reason.id)}>{reason.title}</a>
                  </span>
                ))}
              </p>
            )}
          </div>
          <span class="value">{value ? value(item) : listeners(item.listeners)}</span>
          <Like item={item} />
        </li>
      ))}
    </ol>
  );
}

export const bestOf = (items: Scored[]) => Math.max(1e-9, ...items.map((item) => item.score));
