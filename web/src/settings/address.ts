/** A camera's address with its user name and password, which the operator may type apart from it. */

/** The address with this login in place of its own; without a user name, the address as it is. */
export function withLogin(address: string, user: string, password: string): string {
  const trimmed = address.trim();
  if (user === '') return trimmed;
  const login = `${encodeURIComponent(user)}${password === '' ? '' : `:${encodeURIComponent(password)}`}`;
  return trimmed.replace(/^([a-z][a-z0-9+.-]*:\/\/)(?:[^/?#]*@)?/i, (_whole, scheme: string) => `${scheme}${login}@`);
}

/** The smallest number that is no camera's id yet. */
export function freeId(taken: readonly string[]): string {
  let id = 1;
  while (taken.includes(String(id))) id += 1;
  return String(id);
}
