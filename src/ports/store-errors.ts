/** The store cannot be reached or cannot write now (locked, full, away). The call may be repeated. */
export class StoreUnavailable extends Error {
  readonly code = 'store_unavailable';
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StoreUnavailable';
  }
}

/** A list cursor that this service did not hand out for this query. */
export class InvalidCursor extends Error {
  readonly code = 'invalid_cursor';
  constructor() {
    super('The cursor is not one that this list handed out. Start again without a cursor.');
    this.name = 'InvalidCursor';
  }
}
