/** Pseudo-random numbers from a seed, so that what fails once fails again (xorshift32, Marsaglia 2003). */
export class Generator {
  constructor(private state: number) {}

  /** A whole number from 0 to below `end`. */
  below(end: number): number {
    this.state ^= this.state << 13;
    this.state ^= this.state >>> 17;
    this.state ^= this.state << 5;
    return (this.state >>> 0) % end;
  }

  of<T>(values: readonly T[]): T {
    return values[this.below(values.length)];
  }
}
