/** Starting a run, with what will happen said before. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { PageState } from '../../src/params/page.ts';
import { order, type Reply } from './api.ts';
import { Act, NumberField, Said } from './parts.tsx';

/** A run is armed for so long unless another time is chosen, min. */
const USUAL_MIN = 60;

export function ArmForm({
  state,
  roles,
  recipe,
  label = 'Arm',
  hindrance = null,
}: {
  readonly state: PageState;
  readonly roles: readonly string[];
  readonly recipe: string;
  readonly label?: string;
  /** Why it cannot be started as it is; null = it can. */
  readonly hindrance?: string | null;
}): JSX.Element {
  const [reply, setReply] = useState<Reply | null>(null);
  const [minutes, setMinutes] = useState(USUAL_MIN);
  if (!state.may.arm) return <p class="hint">Runs are started at the bench here (remote.arm = local).</p>;
  const isReady = state.next.command === 'arm' && hindrance === null;
  const arm = (): Promise<void> =>
    order('arm', { recipe, duration_s: minutes * 60, nonce: state.nonce }).then(setReply);
  return (
    <>
      <div class="fields">
        <label for="arm-min">
          At most, min
          <NumberField id="arm-min" value={minutes} tell={setMinutes} />
        </label>
      </div>
      <p class="hint">
        Arming waits for some seconds without a fault, tests both switches without heat, gives one short proof pulse,
        and then plays {recipe}. The heater goes off after {Number.isFinite(minutes) ? minutes : '–'} min at the latest.
      </p>
      <Act kind="main" act={arm} disabled={!isReady || !roles.includes('run') || !Number.isFinite(minutes)}>
        {label}
      </Act>
      {!isReady && <p class="hint">{hindrance ?? `Now: ${state.state.sentence}.`}</p>}
      <Said reply={reply} />
    </>
  );
}
