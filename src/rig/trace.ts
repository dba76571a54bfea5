/**
 * A fingerprint of a whole simulated run: every tick’s numbers, bit for bit, through two 32-bit multiply-xor lanes.
 * Not cryptographic; it only has to differ when anything differs.
 */
export class TraceHash {
  private readonly numbers = new Float64Array(12);
  private readonly words = new Uint32Array(this.numbers.buffer);
  private a = 0x811c9dc5;
  private b = 0x9747b28c;
  private fill = 0;

  add(value: number): void {
    this.numbers[this.fill] = value;
    this.fill += 1;
    if (this.fill === this.numbers.length) this.absorb();
  }

  private absorb(): void {
    let { a, b } = this;
    for (let i = 0; i < 2 * this.fill; i += 1) {
      const word = this.words[i]!;
      a = Math.imul(a ^ word, 0x01000193);
      a ^= a >>> 15;
      b = Math.imul(b ^ word, 0x85ebca6b) + i;
      b ^= b >>> 13;
    }
    this.a = a;
    this.b = b;
    this.fill = 0;
  }

  /** 16 hexadecimal digits. */
  digest(): string {
    this.absorb();
    const hex = (n: number): string => (n >>> 0).toString(16).padStart(8, '0');
    return hex(this.a) + hex(this.b);
  }
}
