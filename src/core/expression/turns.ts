/**
 * Lets one evaluation run at a time, in the order in which they ask, so that the time of one is not
 * spent by others. Each gives up its turn when it breathes.
 */
export class Turns {
  private busy = false;
  private readonly waiting: (() => void)[] = [];

  /** Resolves when it is the caller's turn, who then owes a {@link release}. */
  async take(): Promise<void> {
    if (this.busy) await new Promise<void>((resolve) => this.waiting.push(resolve));
    this.busy = true;
  }

  release(): void {
    const next = this.waiting.shift();
    if (next === undefined) this.busy = false;
    else next();
  }
}
