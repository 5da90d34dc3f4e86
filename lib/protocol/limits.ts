/** Limits and their defaults. No I/O. */

/** Limits as given, the rest by default. Whatever else `given` holds stays out. */
export const limitsOf = <T extends object>(defaults: T, given: { readonly [name in keyof T]?: T[name] | undefined }): T =>
  Object.fromEntries(Object.entries(defaults).map(([name, value]) => [name, given[name as keyof T] ?? value])) as T
