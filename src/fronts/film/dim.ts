/** film.policy dim: less light where the film segregates. */
import { causeRow } from '../../params/cause.ts';
import type { Snapshot } from '../../params/snapshot.ts';
import { verdictRow } from '../../params/verdict.ts';
import { secondsOf } from '../../units.ts';
import type { FilmHand } from './hand.ts';

/** Light in turn under the policy dim, and how long each is given, s. */
const DIMMED = [0.03, 0] as const;
const DIM_FOR_S = 30;

export class Dim {
  private dimmedAtS = 0;

  constructor(private readonly hand: FilmHand) {}

  /** Down, and off where the film still segregates or can no longer be seen. */
  step({ at, sight, settings }: Snapshot): void {
    const atS = secondsOf(at);
    const level = settings['light.level'];
    const isDimmed = level < this.hand.wanted['light.level'];
    const blind = isDimmed && sight.verdict === 'CANNOT_SEE';
    // Before its cause is told an alarm counts: less light does no harm.
    const { name } = sight.cause;
    const alarms = verdictRow(sight.verdict).alarming && (name === 'none' || causeRow(name).heals);
    if (!(alarms || blind) || (isDimmed && atS - this.dimmedAtS < DIM_FOR_S)) return;
    const next = DIMMED.find((one) => one < level) ?? 0;
    this.dimmedAtS = atS;
    const why = blind ? 'In so little light the film cannot be seen' : 'The film segregates';
    this.hand.turn({ 'light.level': next }, `${why}: the light goes ${next === 0 ? 'off' : 'down'}.`);
  }
}
