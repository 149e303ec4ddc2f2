/** The schema of a property that may hold any JSON value; left to itself, Swagger takes it for an object. */
export const ANY_JSON = {
  anyOf: ['object', 'array', 'string', 'number', 'boolean', 'null'].map((type) =>
    type === 'array' ? { type, items: {} } : { type },
  ),
};
