/** Who a request acts for. */
export interface Principal {
  /** `sub` of the token. */
  readonly user: string;
  readonly tenantId: string;
  readonly roles: readonly string[];
}

/** Admins see and change what belongs to anybody of their tenant; others only what is their own. */
export function isAdmin(principal: Principal): boolean {
  return principal.roles.includes('admin');
}

const principals = new WeakMap<object, Principal>();

/** Remembers for whom a request was authenticated. */
export function setPrincipal(raw: object, principal: Principal): void {
  principals.set(raw, principal);
}

/** For whom the request was authenticated; `undefined` where it was not. */
export function principalOf(raw: object): Principal | undefined {
  return principals.get(raw);
}
