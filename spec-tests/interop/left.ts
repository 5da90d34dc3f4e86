/** What this process still holds: children and sockets that a test should have let go of. */

const COUNTED = new Set(['ProcessWrap', 'TCPSocketWrap', 'TCPServerWrap', 'TLSWrap'])

/** Settles with what is held once nothing is, or after as many turns of the event loop as closing may take. */
export const left = async (): Promise<string[]> => {
  let held: string[] = []
  for (let turn = 0; turn < 100; turn++) {
    held = process.getActiveResourcesInfo().filter(name => COUNTED.has(name))
    if (held.length === 0) break
    await new Promise<void>(resolve => setImmediate(resolve))
  }
  return held
}

/** Is a process of that id still there? */
export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
