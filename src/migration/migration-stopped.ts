/** The copy cannot go on, and repeating it would change nothing. */
export class MigrationStopped extends Error {
  readonly code = 'migration_stopped';
  constructor(message: string) {
    super(message);
    this.name = 'MigrationStopped';
  }
}
