/** A memory of events for the official servers, which bring none: each stream's messages in order, by an id of their own. */
export class Events<Message extends object> {
  readonly #kept: { readonly id: string; readonly stream: string; readonly message: Message }[] = []

  async storeEvent(stream: string, message: Message): Promise<string> {
    const id = `event-${this.#kept.length}`
    this.#kept.push({ id, stream, message })
    return id
  }

  async replayEventsAfter(last: string, { send }: { send: (id: string, message: Message) => Promise<void> }): Promise<string> {
    const at = this.#kept.findIndex(({ id }) => id === last)
    const { stream } = this.#kept[at] ?? {}
    if (stream === undefined) throw new Error(`no event ${last} is kept`)
    for (const event of this.#kept.slice(at + 1)) {
      // The empty one only primes.
      if (event.stream === stream && Object.keys(event.message).length > 0) await send(event.id, event.message)
    }
    return stream
  }
}
