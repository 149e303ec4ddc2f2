/** One way in which the target is not what the source is. */
export interface Difference {
  readonly tenantId?: string;
  readonly jobId?: string;
  /** A sentence, or the end of one that begins with the job. */
  readonly what: string;
}

/** Named in full are so many; the rest is counted. */
const NAMED = 100;

/** Differences as they are found, the first of them named. */
export class Differences {
  readonly named: Difference[] = [];
  count = 0;

  add(difference: Difference): void {
    this.count++;
    if (this.named.length < NAMED) this.named.push(difference);
  }
}
