/** One line of a benchmark: a value beside its reference, which is measured in the same run or a bound to keep. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly reference: number;
  readonly ratio: number;
  readonly about: string;
}

/** A figure with its ratio; five digits are kept. */
export const figure = (name: string, value: number, unit: string, reference: number, about: string): Figure => ({
  name,
  value: Number(value.toPrecision(5)),
  unit,
  reference: Number(reference.toPrecision(5)),
  ratio: Number((value / reference).toPrecision(4)),
  about,
});
