/**
 * Marks a store into which another is being copied. Until the copy is complete, jobs in it may lack
 * their last records; driven as they stand, they would run again what has run already. So a store
 * with the mark is opened by those only who say that they know of it.
 */
export interface StoreArrival {
  begun(): Promise<boolean>;
  /** Durable when it resolves. */
  begin(): Promise<void>;
  complete(): Promise<void>;
}
