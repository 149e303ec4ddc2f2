const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Ends the process in good order on the first SIGTERM or SIGINT: runs `stop`, then exits with 0, or
 * with 1 when that fails. A second signal ends it at once.
 */
export function onFirstSignal(stop: (signal: string) => Promise<void>): void {
  let stopping = false;
  for (const [signal, code] of Object.entries(SIGNALS)) {
    process.on(signal, () => {
      if (stopping) process.exit(code);
      stopping = true;
      stop(signal).then(
        () => process.exit(0),
        (error: unknown) => {
          process.stderr.write(`Baton could not stop in good order: ${String(error)}\n`);
          process.exit(1);
        },
      );
    });
  }
}
