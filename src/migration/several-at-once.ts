/** Does something with each of many, a few at a time; what came of those is answered together. */
export async function* severalAtOnce<T, R>(
  all: readonly T[],
  atOnce: number,
  work: (one: T) => Promise<R>,
): AsyncGenerator<readonly R[]> {
  for (let at = 0; at < all.length; at += atOnce) {
    yield await Promise.all(all.slice(at, at + atOnce).map(work));
  }
}

/** Does something with each of many, a few at a time. */
export async function withAll<T>(
  all: readonly T[],
  atOnce: number,
  work: (one: T) => Promise<unknown>,
): Promise<void> {
  for (let at = 0; at < all.length; at += atOnce) {
    await Promise.all(all.slice(at, at + atOnce).map(work));
  }
}
