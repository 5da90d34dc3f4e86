/** The fixture file format, as types: what a client is told to do, and what it is answered. The rest is case.ts. */

import type { Level } from '../wire/levels.js'
import type { Common, Step, Keyword } from './case.js'
import type { Pattern } from './match.js'

/** Be the server: have a client do these things, and judge what it sends and what its application learns. */
export interface ClientCase extends Common {
  readonly under_test: 'client'
  /** `none` leaves connecting to the steps. Default `done`: the client is connected, and the house has played the server's part of that. */
  readonly opening?: 'done' | 'none'
  /** Capabilities the client must declare for the case to make sense. Missing: it is skipped as not offered. */
  readonly needs?: readonly { readonly capability: string }[]
  /** What the application wants when it connects. */
  readonly connect?: ConnectWish
  readonly serving?: Serving
  readonly steps: readonly ClientStep[]
}

/** How the house answers what no step awaits. */
export interface Serving {
  /** In the result of `initialize` or `server/discover`. Default: logging, and tools that announce changes. */
  readonly capabilities?: Pattern
  /** False: no session is named. Default true. */
  readonly session?: boolean
  /** Statuses of GET and DELETE. Default 405 and 200. */
  readonly get?: number
  readonly delete?: number
}

export type ClientStep = DoStep | ArrivesStep | ReplyStep | SettlesStep | HearsStep | SeenStep | GoneStep

/** What the application asks the client to do. Does not wait for its outcome. */
export interface DoStep extends Step {
  readonly do: Action
  /** Names it for `of` and `cancel`. Without it, it is only the latest. */
  readonly as?: string
}

/** One thing, in words that any client understands. */
export type Action =
  | { readonly connect: ConnectWish }
  | { readonly call_tool: { readonly name: string; readonly arguments?: Pattern; readonly progress?: boolean; readonly timeout_ms?: number } }
  | { readonly list_tools: Nothing }
  | { readonly list_prompts: Nothing }
  | { readonly list_resources: Nothing }
  | { readonly get_prompt: { readonly name: string; readonly arguments?: { readonly [name: string]: string } } }
  | { readonly read_resource: { readonly uri: string } }
  /** Asks to be told of changes: the filter as `subscriptions/listen` has it. Ends with the subscription. */
  | { readonly listen: Pattern }
  | { readonly ping: Nothing }
  | { readonly set_level: Level }
  | { readonly notify: { readonly method: string; readonly params?: Pattern } }
  /** Gives up what that `do` began. */
  | { readonly cancel: string }
  | { readonly close: Nothing }
type Nothing = { readonly [name: string]: never }

export interface ConnectWish {
  /** The one revision to speak; null leaves the client its choice. Default: the one being played. */
  readonly revision?: string | null
  readonly log_level?: Level
  /** For each request. Default: the client's. */
  readonly timeout_ms?: number
  /** What the application answers, and so what the client can declare: a result, `never` until it is withdrawn, or `fails`. Roots may change. */
  readonly answers?: { readonly elicitation?: Pattern; readonly sampling?: Pattern; readonly roots?: Pattern }
  /** A server may ask elicitation and sampling as tasks, where the client has that. Default false. */
  readonly tasks?: boolean
}

/** The next HTTP request of that kind: a JSON-RPC method, `response`, `array`, `resume`, or the verb of a request that is none of these. */
export interface ArrivesStep extends Step {
  readonly arrives: string
  /** By name in lower case. */
  readonly fields?: Readonly<Record<string, Pattern>>
  /** The message in its body. */
  readonly json?: Pattern
  /** Milliseconds that must have passed since the runner last ended a reply. */
  readonly no_sooner_than_ms?: number
  /** Names it for `to`, and its id as NAME.id. */
  readonly as?: string
  readonly keyword?: Keyword
}

/** What it is answered, at once or, with `end: false`, in parts. Without anything to say: 202. */
export interface ReplyStep extends Step {
  readonly reply: {
    readonly status?: number
    readonly fields?: readonly (readonly [name: string, value: Pattern])[]
    /** Messages: one response as a JSON object, all else as a stream of them. */
    readonly say?: readonly Reply[]
    /** Server-sent events. */
    readonly events?: readonly ReplyEvent[]
    /** The body as it is; JSON unless `fields` says otherwise. */
    readonly body?: Pattern
    /** `false` leaves the reply open for a further step, `break` cuts the connection. Default true. */
    readonly end?: boolean | 'break'
  }
  /** The arrival. Default: the one taken last. */
  readonly to?: string
}

export type Reply =
  | { readonly call: string; readonly id: Pattern; readonly params?: Pattern }
  | { readonly notify: string; readonly params?: Pattern }
  /** The response to what arrived; `id` to give it another. */
  | { readonly result: Pattern; readonly id?: Pattern }
  | { readonly error: Pattern; readonly id?: Pattern }
  | { readonly json: Pattern }

/** Lines of an event, and what its data says: text, or a message. `raw` is text of the stream as it is. */
export type ReplyEvent =
  | { readonly raw: string }
  | { readonly id?: string; readonly event?: string; readonly retry?: number; readonly data?: string; readonly say?: Reply }

/** What became of something the client was asked to do: that it has a result, or none. Neither named: either will do. */
export interface SettlesStep extends Step {
  readonly settles: { readonly result?: Pattern; readonly error?: Pattern }
  readonly of?: string
  readonly keyword?: Keyword
}

/** The next notifications that the application was shown, exactly these in this order. */
export interface HearsStep extends Step {
  readonly hears: readonly Pattern[]
  /** `silence`: no more of them so far. */
  readonly then?: 'silence'
  readonly keyword?: Keyword
}

/** A judgement over all that has arrived, in order, taken by a step or not. */
export interface SeenStep extends Step {
  readonly seen: { readonly first: readonly Pattern[] } | { readonly each: Pattern } | { readonly none: Pattern }
  /** Only arrivals that fit. */
  readonly of?: Pattern
  /** Only arrivals later than that one. */
  readonly since?: string
  readonly keyword?: Keyword
}

/** The client has closed the connection of that arrival before the reply to it had ended. */
export interface GoneStep extends Step {
  readonly gone: string
  readonly keyword?: Keyword
}
