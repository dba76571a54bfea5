/** The screens of the page, one row each. */
import type { JSX } from 'preact';
import type { PageState } from '../../src/params/page.ts';
import type { Tables } from '../../src/params/tables.ts';
import type { Live } from './live.ts';
import { Audit } from './tabs/audit.tsx';
import { Find } from './tabs/find.tsx';
import { Health } from './tabs/health.tsx';
import { Now } from './tabs/now.tsx';
import { Recipes } from './tabs/recipes.tsx';
import { Runs } from './tabs/runs.tsx';
import { Safety } from './tabs/safety.tsx';
import { SetScreen } from './tabs/set.tsx';
import { Why } from './tabs/why.tsx';

/** What does not change while the controller runs. */
export interface About extends Tables {
  readonly model: string;
  readonly version: string;
  readonly recipes: readonly string[];
  /** Limits and facts of the bench, which only its local file sets. */
  readonly bench: Readonly<Record<string, number | string | boolean>>;
  readonly limits: Readonly<Record<string, number>>;
}

export interface ScreenProps {
  readonly state: PageState;
  readonly about: About;
  readonly live: Live;
  readonly roles: readonly string[];
}

export const SCREENS = {
  now: { label: 'Now', show: Now },
  set: { label: 'Set', show: SetScreen },
  recipes: { label: 'Recipes', show: Recipes },
  runs: { label: 'Runs', show: Runs },
  why: { label: 'Why', show: Why },
  find: { label: 'Find', show: Find },
  health: { label: 'Health', show: Health },
  audit: { label: 'Audit', show: Audit },
  safety: { label: 'Safety', show: Safety },
} as const satisfies Record<string, { readonly label: string; readonly show: (props: ScreenProps) => JSX.Element }>;
export type ScreenName = keyof typeof SCREENS;
