/** Calls what the application gave: what it throws, or rejects with, goes to whoever is told of such things, and no further. */

/** Never throws. A promise is not waited for. */
export const quietly = (call: () => unknown, onError: (error: unknown) => void): void => {
  try {
    const returned = call()
    if (returned instanceof Promise) returned.catch(onError)
  } catch (error) {
    onError(error)
  }
}

/** `instanceof`, of a value that may be built to make even that throw. */
export const isA = <T>(value: unknown, type: abstract new (...args: never[]) => T): value is T => {
  try {
    return value instanceof type
  } catch {
    return false
  }
}
