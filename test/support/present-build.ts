/** Before any test: the programs and the worker that tests start are the present sources. */
import { build } from '../../build.mjs';

export default function setup(): void {
  build();
}
