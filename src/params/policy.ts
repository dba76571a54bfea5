/** What may follow from a verdict on the film; setting film.policy says what each does. */
export const FILM_POLICIES = ['tell', 'rescue', 'adapt', 'dim', 'stop'] as const;
export type Policy = (typeof FILM_POLICIES)[number];
