/** The page: signing in, the frame around the screens, and the button that is always in reach. */
import { type JSX, render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Asker, PageState } from '../../src/params/page.ts';
import { isGood, look, onSignedOut, order, post, type Reply } from './api.ts';
import { type Live, LiveStream, SILENT_MS } from './live.ts';
import { Said } from './parts.tsx';
import './style.css';
import { type About, SCREENS, type ScreenName, type ScreenProps } from './screens.tsx';
import { age } from './words.ts';

function Page(): JSX.Element {
  const [session, setSession] = useState<Asker | null | 'unknown'>('unknown');
  const [isOut, setOut] = useState(false);
  useEffect(() => {
    // A page with a run on it keeps its frame: Stop stays where it is.
    onSignedOut(() => setOut(true));
    void begin().then((known) => {
      setSession(known);
      setOut(false);
    });
  }, []);
  if (session === 'unknown') return <p class="wait">Asking the controller…</p>;
  const enter = (known: Asker | null): void => {
    setSession(known);
    setOut(false);
  };
  if (session === null) return <SignIn done={enter} />;
  return (
    <>
      {isOut && (
        <div role="alert">
          <SignIn done={enter} />
        </div>
      )}
      <House session={session} leave={() => setSession(null)} />
    </>
  );
}

/** The address of the first start carries its token behind `#`, which no server sees; it does not stay in the history. */
async function begin(): Promise<Asker | null> {
  const token = /^#([0-9a-z]{5}(?:-[0-9a-z]{5}){3})$/.exec(location.hash)?.[1];
  if (token !== undefined) {
    history.replaceState(null, '', location.pathname);
    const reply = await post('/session', { secret: token });
    if (isGood(reply)) return reply.data as Asker;
  }
  const known = await look<Asker>('/session');
  return 'data' in known ? known.data : null;
}

function SignIn({ done }: { readonly done: (session: Asker) => void }): JSX.Element {
  const [reply, setReply] = useState<Reply | null>(null);
  const [secret, setSecret] = useState('');
  const submit = (event: Event): void => {
    event.preventDefault();
    void post('/session', { secret }).then((answer) =>
      isGood(answer) ? done(answer.data as Asker) : setReply(answer),
    );
  };
  return (
    <main class="sign-in">
      <h1>remixd</h1>
      <form onSubmit={submit}>
        <label for="token">Token of this device</label>
        <input
          id="token"
          value={secret}
          onInput={(event) => setSecret(event.currentTarget.value)}
          autocomplete="current-password"
          autocapitalize="off"
          spellcheck={false}
          placeholder="k7m2q-9xwd4-…"
        />
        <button type="submit" class="main">
          Sign in
        </button>
      </form>
      <Said reply={reply} />
      <p class="hint">
        The controller shows it at its first start. <code>npx remixd web token --name NAME</code> makes another one on
        the controller’s computer.
      </p>
    </main>
  );
}

function House({ session, leave }: { readonly session: Asker; readonly leave: () => void }): JSX.Element {
  const [live, setLive] = useState<Live>({ state: null, events: [], missed: 0, heardAt: null });
  const [about, setAbout] = useState<About | null>(null);
  const [name, setName] = useState<ScreenName>(screenOf(location.hash));
  useEffect(() => {
    const stream = new LiveStream(setLive);
    stream.open();
    void look<About>('/about').then((got) => 'data' in got && setAbout(got.data));
    const turn = (): void => setName(screenOf(location.hash));
    addEventListener('hashchange', turn);
    return () => {
      stream.close();
      removeEventListener('hashchange', turn);
    };
  }, []);
  const { state } = live;
  const silentS = useSilence(live);
  const Screen = SCREENS[name].show;
  const props: ScreenProps | null = state && about && { state, about, live, roles: session.roles };
  return (
    <div class={silentS === null ? '' : 'old'}>
      <Head state={state} isOld={silentS !== null} />
      <nav aria-label="Screens">
        {Object.entries(SCREENS).map(([key, { label }]) => (
          <a key={key} href={`#${key}`} aria-current={key === name ? 'page' : undefined}>
            {label}
          </a>
        ))}
      </nav>
      {silentS !== null && <Silence forS={silentS} />}
      <main id="screen">{props ? <Screen {...props} /> : <p class="wait">Waiting for the first state…</p>}</main>
      <footer class="foot">
        <span>
          Signed in as {session.name} ({session.roles.join(', ')}).
        </span>
        <button type="button" onClick={() => void post('/session/end', {}).then(leave)}>
          Sign out
        </button>
      </footer>
    </div>
  );
}

const screenOf = (hash: string): ScreenName => {
  const name = hash.slice(1).split('/')[0] ?? '';
  return Object.hasOwn(SCREENS, name) ? (name as ScreenName) : 'now';
};

function Head({ state, isOld }: { readonly state: PageState | null; readonly isOld: boolean }): JSX.Element {
  const title = state ? `${state.verdict.label} · ${state.state.label} · ${state.device}` : 'remixd';
  useEffect(() => {
    document.title = isOld ? `No word · ${state?.device ?? 'remixd'}` : title;
  }, [title, isOld]);
  return (
    <header class="head">
      <div class="who">
        <strong>{state?.device ?? 'remixd'}</strong>
        {state?.simulated && <span class="badge simulated">SIMULATED</span>}
        {state && <span class={`badge state-${state.state.name}`}>{state.state.label}</span>}
        {isOld ? (
          <span class="heater-on">heater not known</span>
        ) : (
          state?.heater_on && <span class="heater-on">● heater on</span>
        )}
      </div>
      <Stop />
    </header>
  );
}

/** Attempts of a stop that nobody answers follow each other after so long, ms. */
const AGAIN_MS = 1500;

/** Stop acts at once and asks nothing; without an answer it is sent again until it is answered or the person gives up. */
function Stop(): JSX.Element {
  const [phase, setPhase] = useState<{ readonly kind: 'idle' | 'asking' | 'unknown' | 'done'; readonly text: string }>({
    kind: 'idle',
    text: '',
  });
  const stop = async (): Promise<void> => {
    setPhase({ kind: 'asking', text: 'Stopping…' });
    for (let tries = 1; ; tries += 1) {
      const reply = await order('stop');
      if (isGood(reply)) {
        setPhase({ kind: 'done', text: reply.text });
        setTimeout(() => setPhase({ kind: 'idle', text: '' }), 4000);
        return;
      }
      const isOut = reply.code === 401;
      if (!isOut && reply.code !== 0 && reply.code !== 503) {
        setPhase({ kind: 'unknown', text: reply.text });
        return;
      }
      setPhase({
        kind: 'unknown',
        text: isOut
          ? 'The stop was refused: sign in above. It is sent again; the switch at the bench always works.'
          : `Outcome unknown: no answer to ${tries} stop${tries > 1 ? 's' : ''}. Sending again; the switch at the bench always works.`,
      });
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  };
  return (
    <div class="stop">
      <button type="button" class="stop-button" onClick={() => void stop()} aria-describedby="stop-said">
        <span aria-hidden="true">■</span> Stop
      </button>
      <span id="stop-said" role="status" class={phase.kind}>
        {phase.text}
      </span>
    </div>
  );
}

/** How long the controller has said nothing, s; null while it speaks. */
function useSilence({ heardAt }: Live): number | null {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return heardAt === null || now - heardAt < SILENT_MS ? null : (now - heardAt) / 1000;
}

const Silence = ({ forS }: { readonly forS: number }): JSX.Element => (
  <div class="silence" role="alert">
    <strong>No word from the controller for {age(forS)}.</strong> What you see is that old; nobody knows here whether
    the run goes on and whether the heater is on. The interlocks are in the controller and need no page.
  </div>
);

const root = document.getElementById('page');
if (root) render(<Page />, root);
