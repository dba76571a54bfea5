/** What may follow from a verdict on the film; setting film.policy says what each does. */
export const FILM_POLICIES = ['tell', 'rescue', 'adapt', 'dim', 'stop'] as const;
export type Policy = (typeof FILM_POLICIES)[number];

/** What auto stands for in `remixd run`: on hardware nothing is changed unless a person asked for it. */
export const autoPolicy = ({ simulated }: { readonly simulated: boolean }): Policy => (simulated ? 'adapt' : 'tell');
