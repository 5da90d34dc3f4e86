/** Waits for something to come true, bounded: what never does fails in words instead of hanging. */

/** How long a wait may last, in milliseconds; only ever spent by a test that fails. */
const SOON_MS = 5000

export class Until {
  #waiting: (() => void)[] = []

  /** Something has happened: whoever waits looks again. */
  changed(): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }

  /** @throws Error naming `what` if it did not come true within 5 s */
  async holds(what: string, isTrue: () => boolean): Promise<void> {
    let late = false
    const clock = setTimeout(() => { late = true; this.changed() }, SOON_MS)
    while (!isTrue() && !late) await new Promise<void>(resolve => this.#waiting.push(resolve))
    clearTimeout(clock)
    if (!isTrue()) throw new Error(`${what} did not happen within ${SOON_MS} ms`)
  }
}
