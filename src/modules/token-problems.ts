/** What may be wrong with the token of a request; every route that wants one says so. */
export const TOKEN_PROBLEMS = ['missing_token', 'invalid_token', 'expired_token'] as const;
