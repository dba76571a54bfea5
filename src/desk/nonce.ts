/**
 * What an order that could add heat must name. It is new after each such order and after each stop, whoever pressed it and
 * wherever: an order for heat that is still on its way must not follow a stop.
 */
export class Nonce {
  private value: string;
  private stops: number;

  /** @param desk counts the stops that were obeyed @param make another text each time, which nobody can guess */
  constructor(
    private readonly desk: { readonly stops: number },
    private readonly make: () => string,
  ) {
    this.value = make();
    this.stops = desk.stops;
  }

  get now(): string {
    if (this.desk.stops !== this.stops) this.renew();
    return this.value;
  }

  /** Whatever was made for the old one is void. */
  renew(): void {
    this.value = this.make();
    this.stops = this.desk.stops;
  }
}
