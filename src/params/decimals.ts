/** A number with so many decimals, as people read it: noise that rounds to nothing has no sign. */
export const decimals = (value: number, digits: number): string =>
  value.toFixed(digits).replace(/^-(0(?:\.0+)?)$/, '$1');
