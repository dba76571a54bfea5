/** Runs experiments on demand and keeps them: several statements look at the same one. */
import type { Settings } from '../params/settings.ts';
import { type Conditions, type Experiment, runExperiment } from './experiment.ts';

export class Lab {
  /** All experiments run so far, by recipe name and conditions. */
  readonly experiments = new Map<string, Experiment>();

  constructor(
    readonly settings: Settings,
    private readonly onRun: (key: string) => void = () => {},
  ) {}

  run(recipe: string, conditions: Conditions = {}): Experiment {
    const suffix = Object.entries(conditions)
      .map(([name, value]) => ` ${name}=${value}`)
      .join('');
    const key = `${recipe}${suffix}`;
    let found = this.experiments.get(key);
    if (!found) {
      this.onRun(key);
      found = runExperiment(this.settings, recipe, conditions);
      this.experiments.set(key, found);
    }
    return found;
  }
}
