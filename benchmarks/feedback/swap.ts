/** Something else in the place of a method, for a benchmark that looks over a shoulder or takes a guard out. The product has no such switch. */

/** Puts what `make` makes of the method in its place; returns what puts the method back. */
export function swap<T extends object, K extends keyof T>(of: T, name: K, make: (was: T[K]) => T[K]): () => void {
  const was = Object.getOwnPropertyDescriptor(of, name);
  if (!was) throw new Error(`there is no ${String(name)} to swap`);
  const now = make(of[name]);
  Object.defineProperty(of, name, { configurable: true, get: () => now });
  return () => Object.defineProperty(of, name, was);
}
