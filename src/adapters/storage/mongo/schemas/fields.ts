/** A document as a plain object, which is what the driver reads and writes. */
export type Fields<T> = Pick<T, keyof T>;
