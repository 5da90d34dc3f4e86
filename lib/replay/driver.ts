/** A client under test, seen from outside: told in neutral words what to do, it says what came of it. */

import type { Action } from './client-steps.js'

/** Makes clients. The runner is their server. */
export interface ClientUnderTest {
  /**
   * One client that knows where its server is and has sent nothing yet. `heard` is called with each notification that its application is
   * shown, whole as it came, in order.
   */
  start(target: ServerTarget, heard: (notification: unknown) => void): Promise<ClientHandle>
}

/** A URL, or the program to start and its arguments, on whose standard streams the server is. */
export type ServerTarget = string | readonly [program: string, ...args: string[]]

export interface ClientHandle {
  /** Settles when it is done. `id` is the number by which a later `cancel` names it. @throws Error when the client is no longer there */
  do(id: number, action: Told): Promise<Outcome>
  /** Ends it, in good order or not. Never rejects. */
  stop(): Promise<void>
}

/** An action with its names resolved. */
export type Told = Exclude<Action, { readonly cancel: string }> | { readonly cancel: number }

/** A result, or why there is none: with `code` where the server answered with an error. */
export type Outcome = { readonly result: unknown } | { readonly error: { readonly message: string; readonly code?: number } }
