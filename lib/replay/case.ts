/** The fixture file format, as types: what all cases have, and what a server is told and asked. What each part means is fixtures/README.md; case.schema.json holds a file to it. */

import type { Level } from '../wire/levels.js'
import type { ClientCase } from './client-steps.js'
import type { Binding, Folder } from './load.js'
import type { Pattern } from './match.js'

/** A file holds one case or a list of them. */
export type CaseFile = Case | readonly Case[]
export type Case = ServerCase | ClientCase

/** How a miss is judged: MUST fails, SHOULD warns, MAY is reported. */
export type Keyword = 'MUST' | 'SHOULD' | 'MAY'

/** Of a case, whichever side it is about. */
export interface Common {
  /** Unique in the suite, stable, readable: area/subject/behaviour. */
  readonly id: string
  /** A sentence a stranger can check against the cited clauses. */
  readonly title: string
  /** The hardest verdict this case can give. Where the clauses in force say less, less is given. */
  readonly keyword: Keyword
  /** Clause ids. The case runs once for each revision in which one of them stands. */
  readonly clauses: readonly string[]
  /** These narrow the revisions that the clauses give, and the bindings that could carry it; `because` says why. */
  readonly revisions?: readonly string[]
  readonly bindings?: readonly Binding[]
  readonly because?: string
  /** What the peer must offer for the case to make sense. A tool that is missing is a failure with that reason, all else is not offered. */
  readonly needs?: readonly Need[]
  /** Ids of cases that must pass for this one to mean anything; otherwise it is skipped. */
  readonly depends_on?: readonly string[]
  /** Where it was read, which a file does not say of itself. Default: messages. */
  readonly folder?: Folder
  /** What a reader should know that the steps do not say, such as that the specification leaves the matter open. */
  readonly note?: string
}

/** A tool by name; or what a server is free not to offer: a member of its capabilities, as a path with dots, and the like. */
export type Need =
  | string
  | { readonly capability: string }
  /** A tool that goes with a feature of that kind. */
  | { readonly tool: string }
  | { readonly prompt: string }
  /** A resource by its URI, or a template as it stands in the list of templates. */
  | { readonly resource: string }
  /** That it names a session. */
  | { readonly session: true }

/** Be the client: say these things to a server, and hear those. */
export interface ServerCase extends Common {
  readonly under_test: 'server'
  /** `none` leaves the main conversation unopened, for cases about opening. Default `done`. */
  readonly opening?: 'done' | 'none'
  /** Capabilities the runner declares as a client. Default: none. */
  readonly client_capabilities?: Pattern
  readonly steps: readonly ServerStep[]
}

export type ServerStep = OpenStep | LogLevelStep | PostStep | HearStep | RequestStep | ResponseStep | HangUpStep | WriteStep

/** Of every step. */
export interface Step {
  readonly note?: string
}

/** Starts a further conversation, under a name of its own. The first is `main`. */
export interface OpenStep extends Step {
  readonly open: string
}

/** Asks for log messages from this level on: by `logging/setLevel`, or on each later request, as the revision has it. */
export interface LogLevelStep extends Step {
  readonly log_level: Level
  /** The conversation. Default `main`. */
  readonly in?: string
}

/** Says one thing, dressed as the revision wants it. Does not wait for the reply. */
export interface PostStep extends Step {
  readonly post: Saying
  readonly in?: string
  /** Names the exchange for `of` and `hang_up`. Without it, the exchange is only the latest. */
  readonly as?: string
  /** HTTP only: header lines to replace by name; a list gives several lines, null none. */
  readonly fields?: Readonly<Record<string, Pattern>>
}

export type Saying =
  /** A request. Without `id` the runner chooses one. */
  | { readonly call: string; readonly id?: Pattern; readonly params?: Pattern }
  | { readonly notify: string; readonly params?: Pattern }
  /** A response to a request of the server's. */
  | { readonly respond: Pattern; readonly result?: Pattern; readonly error?: Pattern }
  /** This JSON value, with nothing added. */
  | { readonly json: Pattern }
  /** This text, JSON or not; a list is joined. */
  | { readonly raw: Pattern }

/** Something expected. Its keyword, if weaker than the case's, judges it alone, and the case goes on after a miss. */
interface Expectation extends Step {
  /** The exchange. Default: the latest. */
  readonly of?: string
  readonly keyword?: Keyword
}

/** The next messages of an exchange, exactly these in this order. A response without `id` must carry the id of the call. */
export interface HearStep extends Expectation {
  readonly hear: readonly Pattern[]
  /** Reads again what the last `hear` of this exchange took, for what is expected beyond the case's own keyword. */
  readonly again?: true
  /** Messages that fit one of these are passed over. */
  readonly ignoring?: readonly Pattern[]
  /** `end`: nothing more comes and the reply ends. `silence`: nothing more has come so far, ended or not. */
  readonly then?: 'end' | 'silence'
}

/** One HTTP request, verbatim. */
export interface RequestStep extends Step {
  readonly request: {
    readonly method: string
    /** Path and query, or a reference relative to the endpoint. Default: the endpoint. */
    readonly path?: Pattern
    /** Lines in order. A line whose value is null is not sent. */
    readonly fields?: readonly (readonly [name: string, value: Pattern])[]
    /** The body: text as it is, */
    readonly body?: string
    /** or a JSON value. */
    readonly json?: Pattern
  }
  readonly as?: string
}

/** The HTTP reply of an exchange, independent of what `hear` has taken from it. */
export interface ResponseStep extends Expectation {
  readonly response: {
    readonly status?: Pattern
    /** By name in lower case. */
    readonly fields?: Readonly<Record<string, Pattern>>
    /** The whole body as text, once it has ended. */
    readonly text?: Pattern
    /** The whole body as JSON, once it has ended. */
    readonly json?: Pattern
    /** The next server-sent events: `{id, event, data, json, retry}`, where json is the data parsed. */
    readonly events?: readonly Pattern[]
  }
  readonly then?: 'end'
}

/** The client closes the connection of an exchange. */
export interface HangUpStep extends Step {
  /** The exchange. */
  readonly hang_up: string
}

/** stdio only: writes to the server's standard input. What comes and belongs to no other exchange is heard as its reply, which ends with the server. */
export interface WriteStep extends Step {
  /** Text as it is, line breaks included; a list is joined. `end` ends the input after it. */
  readonly write: Pattern
  readonly end?: true
  readonly as?: string
}
