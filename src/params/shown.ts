const MOST = 80;

/** JSON escapes the control characters below a space; these act on a terminal, too. */
const escaped = (json: string): string =>
  json.replace(/\p{Cc}/gu, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** A value as a person sees it, at most 80 characters and none of control; one that is missing is `nothing`. */
export const shown = (value: unknown): string => {
  if (value === undefined) return 'nothing';
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  const json = escaped(JSON.stringify(value) ?? String(value));
  return json.length > MOST ? `${json.slice(0, MOST - 3)}...` : json;
};
