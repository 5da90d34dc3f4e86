/** Keeps standard output for messages: what anything else writes there goes to standard error, and that is said once. */

/** Writes to standard output as it was before. */
export interface GuardedStdout {
  write(text: string, done?: () => void): boolean
  /** Gives standard output back. */
  release(): void
}

/** 2026-07-28/basic/transports/stdio: nothing but messages on stdout. `onStray` is called once. @throws TypeError if it is guarded already */
export const guardStdout = (onStray: () => void): GuardedStdout => {
  const { stdout, stderr } = process
  const original = stdout.write
  if (GUARDS.has(original)) throw new TypeError('standard output carries the messages of a server already; another needs an output of its own')
  let told = false
  const stray = ((chunk: string | Uint8Array, ...rest: []) => {
    if (!told) {
      told = true
      onStray()
    }
    return stderr.write(chunk, ...rest)
  }) as typeof stdout.write
  GUARDS.add(stray)
  stdout.write = stray
  return {
    write: (text, done) => (original as (text: string, done?: () => void) => boolean).call(stdout, text, done),
    release: () => {
      if (stdout.write === stray) stdout.write = original
    },
  }
}

const GUARDS = new WeakSet<object>()
