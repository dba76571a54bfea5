const MOST = 80;

/** A value as a person sees it, at most 80 characters; one that is missing is `nothing`. */
export const shown = (value: unknown): string => {
  if (value === undefined) return 'nothing';
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  const json = JSON.stringify(value) ?? String(value);
  return json.length > MOST ? `${json.slice(0, MOST - 3)}...` : json;
};
