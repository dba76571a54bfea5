/**
 * The text that an order must name if it could add heat. Each such order, each stop and each end of a run changes it, at
 * whatever front it happens. An order that is still on its way then names an old text and is refused.
 */
export class Nonce {
  private value: string;
  private turns: number;

  /** @param desk counts what makes it void @param make another text each time, which nobody can guess */
  constructor(
    private readonly desk: { readonly heatTurns: number },
    private readonly make: () => string,
  ) {
    this.value = make();
    this.turns = desk.heatTurns;
  }

  get now(): string {
    if (this.desk.heatTurns !== this.turns) this.renew();
    return this.value;
  }

  /** Whatever was made for the old one is void. */
  renew(): void {
    this.value = this.make();
    this.turns = this.desk.heatTurns;
  }
}
