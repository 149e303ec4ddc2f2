import type { EvaluationClock, EvaluationLimits } from './limits.js';
import { ExpressionFault } from './problem.js';
import { Sizes } from './sizes.js';
import { Turns } from './turns.js';

/** Evaluations share the process's one thread, whoever they are for. */
const turns = new Turns();

/** Parts evaluated between two breaths; a count and no time, so that a rerun takes the same turns. */
const PARTS_A_BREATH = 2000;
/** Units of work between two looks at the clock, beside those at every part. */
const WORK_A_LOOK = 20_000;

/** What an evaluation, or all those of one template, has left; everything throws ExpressionFault. */
export class Budget {
  readonly sizes: Sizes;
  /** Milliseconds that have been run before the present turn, and when that began. */
  private ran = 0;
  private since = 0;
  private hasTurn = false;
  private isOver = false;
  private pause: Promise<void> | undefined;
  private open = 0;
  private parts = 0;
  private work = 0;
  private made = 0;
  private stopped = false;

  constructor(
    readonly limits: EvaluationLimits,
    readonly clock: EvaluationClock,
  ) {
    this.sizes = new Sizes(limits);
  }

  /** Waits for a turn; the time starts with it. */
  async begin(): Promise<void> {
    await turns.take();
    this.since = this.clock.now();
    this.hasTurn = true;
    if (this.isOver) this.yieldTurn();
  }

  /** Gives the turn to others, for good. */
  end(): void {
    this.isOver = true;
    this.stopped = true;
    this.yieldTurn();
  }

  get breathing(): boolean {
    return this.pause !== undefined;
  }

  /** Ends what still runs of the evaluation, at its next step. */
  stop(): void {
    this.stopped = true;
  }

  /** The next of the expressions that share this budget. */
  restart(): void {
    this.open = 0;
    this.stopped = false;
    this.look();
  }

  /** A part of the expression is about to be evaluated; it waits while the event loop goes round. */
  enter(): Promise<void> | undefined {
    this.parts += 1;
    this.open += 1;
    this.look();
    if (this.open > this.limits.depth) throw tooDeep();
    if (this.pause === undefined && this.parts % PARTS_A_BREATH === 0) this.pause = this.breathe();
    return this.pause;
  }

  leave(): void {
    this.open -= 1;
  }

  /** Work is done that no part of the expression stands for, in units of some nanoseconds. */
  readonly spend = (work: number): void => {
    this.work += work;
    if (this.work < WORK_A_LOOK && !this.stopped) return;
    this.work = 0;
    this.look();
  };

  /** A value has come up; it is measured if it is new. */
  see(value: unknown): void {
    if (typeof value === 'number' && !Number.isFinite(value)) throw notANumber();
    if (typeof value === 'string') this.seeText(value);
    if (typeof value === 'object' && value !== null) this.sizes.measure(value, this.make);
  }

  /** Something of so many units has been made. */
  readonly make = (units: number): void => {
    this.made += units;
    this.spend(units / 4);
    if (this.made > this.limits.madeUnits) throw madeTooMuch();
  };

  seeText(text: string): void {
    if (text.length <= this.limits.textLength) return;
    throw new ExpressionFault(
      'expression_too_large',
      `The expression makes or reads a text of more than ${this.limits.textLength} characters. Keep such texts in artifacts.`,
    );
  }

  /** Ends the evaluation if its time is over. */
  look(): void {
    if (this.stopped) throw overtime(this.limits);
    const { timeMs } = this.limits;
    const turn = this.hasTurn ? this.clock.now() - this.since : 0;
    if (this.ran + turn > timeMs) throw overtime(this.limits);
  }

  private async breathe(): Promise<void> {
    this.yieldTurn();
    await this.clock.breathe();
    await this.begin();
    this.pause = undefined;
  }

  private yieldTurn(): void {
    if (!this.hasTurn) return;
    this.hasTurn = false;
    this.ran += this.clock.now() - this.since;
    turns.release();
  }
}

function overtime(limits: EvaluationLimits): ExpressionFault {
  return new ExpressionFault(
    'expression_timeout',
    `The expression ran for more than ${limits.timeMs} ms. Let it go through less data, or end its recursion.`,
  );
}

function tooDeep(): ExpressionFault {
  return new ExpressionFault(
    'expression_too_deep',
    'The expression calls itself too deeply. End its recursion, or make the call the last thing that its function does.',
  );
}

function madeTooMuch(): ExpressionFault {
  return new ExpressionFault(
    'expression_too_large',
    'The expression makes too much data on its way. Filter before mapping, and join texts with $join instead of one by one.',
  );
}

function notANumber(): ExpressionFault {
  return new ExpressionFault(
    'expression_failed',
    'A calculation gave no finite number. Guard against a division by zero and against overflow.',
  );
}
