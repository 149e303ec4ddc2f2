/** Examples of the documented bodies. */
export const PUT_EXAMPLES = {
  nightly: {
    summary: 'Every night at half past two, in Berlin',
    value: {
      cron: '30 2 * * *',
      zone: 'Europe/Berlin',
      jitter: 300,
      run: { template: 'nightly', inputs: { browser: 'firefox' }, priority: 'low' },
    },
  },
  smoke: {
    summary: 'Every ten minutes, always on the newest',
    value: {
      interval: 600,
      overlap: 'replace',
      missed: 'skip',
      run: { template: 'smoke', labels: { kind: 'smoke' } },
    },
  },
};

export const BACKFILL_EXAMPLE = {
  week: {
    summary: 'A week, two jobs at once',
    value: { from: '2026-11-09T00:00:00Z', to: '2026-11-16T00:00:00Z', concurrency: 2 },
  },
};
