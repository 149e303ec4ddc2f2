/** Resolves as soon as the condition holds; fails loudly when it does not within `limit` ms. */
export async function waitUntil(
  condition: () => boolean | Promise<boolean>,
  limit = 10_000,
  pause = 1,
): Promise<void> {
  const end = performance.now() + limit;
  while (!(await condition())) {
    if (performance.now() > end) {
      throw new Error(`not so within ${limit} ms: ${condition.toString()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}
