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

/** There is no store where one must be. */
export class StoreMissing extends Error {
  readonly code = 'store_missing';
  constructor() {
    super('There is no store of Baton there. Check its URL.');
    this.name = 'StoreMissing';
  }
}

/** Another store is being copied into this one: it is not to be driven yet. */
export class StoreIncomplete extends Error {
  readonly code = 'store_incomplete';
  constructor() {
    super(
      'Another store was being copied into this one and the copy is not complete. Repeat the ' +
        '`baton migrate` that made it, which goes on where it stopped, or name another store.',
    );
    this.name = 'StoreIncomplete';
  }
}
