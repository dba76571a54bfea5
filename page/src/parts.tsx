/** Small parts that several screens share. */
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Reply } from './api.ts';
import { isGood, look } from './api.ts';

export const Card = ({
  title,
  tone,
  children,
  aside,
}: {
  readonly title: string;
  readonly tone?: string | undefined;
  readonly children: ComponentChildren;
  readonly aside?: ComponentChildren;
}): JSX.Element => (
  <section class={`card${tone ? ` tone-${tone}` : ''}`}>
    <header>
      <h2>{title}</h2>
      {aside}
    </header>
    {children}
  </section>
);

/** A measured value with its name. */
export const Fact = ({
  name,
  children,
  note,
}: {
  readonly name: string;
  readonly children: ComponentChildren;
  readonly note?: string | undefined;
}): JSX.Element => (
  <div class="fact">
    <dt>{name}</dt>
    <dd>
      {children}
      {note !== undefined && <small>{note}</small>}
    </dd>
  </div>
);

/** What the last order was answered; a refusal names the fields. */
export function Said({ reply }: { readonly reply: Reply | null }): JSX.Element | null {
  if (!reply) return null;
  return (
    <div class={`said ${isGood(reply) ? 'good' : 'bad'}`} role="status">
      <p>
        {isGood(reply) ? '✓ ' : '✕ '}
        {reply.text}
      </p>
      {reply.errors && (
        <ul>
          {reply.errors.map((error) => (
            <li key={error.path}>
              <code>{error.path}</code> is {error.got}; allowed: {error.allowed}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/**
 * A number that a person types: the text stays as it was typed, and each number that it makes is told. A value from elsewhere
 * replaces it only where it is another number.
 */
export function NumberField({
  value,
  tell,
  id,
}: {
  readonly value: number;
  readonly tell: (value: number) => void;
  readonly id?: string;
}): JSX.Element {
  const [text, setText] = useState(String(value));
  useEffect(() => {
    setText((before) => (Number.isNaN(value) || numberOf(before) === value ? before : String(value)));
  }, [value]);
  return (
    <input
      id={id}
      inputMode="decimal"
      class="number"
      value={text}
      onInput={(event) => {
        setText(event.currentTarget.value);
        tell(numberOf(event.currentTarget.value));
      }}
    />
  );
}

/** The number that a text makes, with a point or a comma; NaN where it makes none. */
export const numberOf = (text: string): number =>
  text.trim() === '' ? Number.NaN : Number(text.trim().replace(',', '.'));

/** The second half of a double click comes sooner, ms; so does the click of somebody who saw another button there. */
const LATE_MS = 1000;

/**
 * A button that is busy until its order is answered. `late`: it takes the place of another button, so it takes no click at first;
 * give it a key of its own.
 */
export function Act({
  children,
  act,
  kind = '',
  disabled = false,
  late = false,
}: {
  readonly children: ComponentChildren;
  readonly act: () => Promise<unknown>;
  readonly kind?: string;
  readonly disabled?: boolean;
  readonly late?: boolean;
}): JSX.Element {
  const [busy, setBusy] = useState(false);
  const [early, setEarly] = useState(late);
  useEffect(() => {
    if (!late) return;
    const timer = setTimeout(() => setEarly(false), LATE_MS);
    return () => clearTimeout(timer);
  }, []);
  const run = (): void => {
    setBusy(true);
    void act().finally(() => setBusy(false));
  };
  return (
    <button type="button" class={kind} disabled={busy || early || disabled} aria-busy={busy} onClick={run}>
      {children}
    </button>
  );
}

export interface Loaded<T> {
  readonly data: T | null;
  readonly failed: Reply | null;
  readonly reload: () => void;
}

/** Data of a path, asked for when the screen opens and again on `reload`. */
export function useLook<T>(path: string | null, patienceMs?: number): Loaded<T> {
  const [got, setGot] = useState<{ readonly data: T | null; readonly failed: Reply | null }>({
    data: null,
    failed: null,
  });
  const [round, setRound] = useState(0);
  useEffect(() => {
    if (path === null) return;
    let isCurrent = true;
    void look<T>(path, patienceMs).then((answer) => {
      if (isCurrent)
        setGot('data' in answer ? { data: answer.data, failed: null } : { data: null, failed: answer.failed });
    });
    return () => {
      isCurrent = false;
    };
  }, [path, round]);
  return { ...got, reload: () => setRound((n) => n + 1) };
}
