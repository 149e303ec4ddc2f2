import type { Json } from '../core/json.js';

/**
 * The data that a response class describes. The classes are there for Swagger to see; what is
 * answered are plain objects of the same form.
 */
export type Answer<T> = {
  readonly [K in keyof T]: T[K] extends Json | undefined ? T[K] : Answer<T[K]>;
};
