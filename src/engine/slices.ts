/** Lets the event loop serve others. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

const SLICE_MS = 10;

/** Runs a generator to its end, breathing whenever it has held the event loop for about 10 ms. */
export async function runInSlices<T>(steps: Generator<void, T>): Promise<T> {
  let began = performance.now();
  for (;;) {
    const next = steps.next();
    if (next.done === true) return next.value;
    if (performance.now() - began >= SLICE_MS) {
      await breathe();
      began = performance.now();
    }
  }
}
