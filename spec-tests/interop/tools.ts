/** The tools of the servers within this process: one body each, written against the `Hands` that every server lends it. */
import { INPUT_SCHEMA, processFiles, TOOL, type Ear, type Job } from './job.js'

/** What a server does for a tool in hand. */
export interface Hands {
  readonly ear: Ear
  /** One info notification on the stream of the call. */
  log(data: unknown): unknown
  /** Asks the client; resolves with its answer. */
  ask(what: Asked): Promise<unknown>
  /** Ends the connection of the call in good order; the client is to come back. */
  hangUp(): unknown
  /** Breaks the connection of the call. */
  cut(): Promise<void>
}

export interface Result {
  readonly isError?: boolean | undefined
  readonly content: readonly { readonly type: string; readonly text?: string }[]
  readonly structuredContent?: unknown
}

export interface ToolKind {
  readonly description: string
  readonly inputSchema: { readonly type: 'object' }
  readonly outputSchema?: { readonly type: 'object' }
  readonly run: (args: never, hands: Hands) => Promise<Result>
}

/** What a client can be asked. */
export const QUESTIONS = {
  sample: {
    method: 'sampling/createMessage',
    params: { messages: [{ role: 'user', content: { type: 'text', text: 'two and two?' } }], maxTokens: 10 },
  },
  elicit: {
    method: 'elicitation/create',
    params: {
      message: 'Who are you?',
      requestedSchema: { type: 'object', properties: { name: { type: 'string' }, age: { type: 'integer' } }, required: ['name'] },
    },
  },
  roots: { method: 'roots/list' },
} as const
export type Asked = keyof typeof QUESTIONS

/** What every client answers; the question's words are in it, so that it is known to have been read. */
export const ANSWERS = {
  sample: ({ messages: [first] }: { readonly messages: readonly unknown[] }) => {
    const { content: { text } } = first as { readonly content: { readonly text: string } }
    return { role: 'assistant' as const, content: { type: 'text' as const, text: `You said: ${text}` }, model: 'abacus', stopReason: 'endTurn' }
  },
  elicit: ({ message }: { readonly message: string }) => ({ action: 'accept' as const, content: { name: `You said: ${message}`, age: 36 } }),
  roots: () => [{ uri: 'file:///srv/data', name: 'data' }],
}

export const said = (text: string, rest: Partial<Result> = {}): Result => ({ content: [{ type: 'text', text }], ...rest })

const string = { type: 'string' } as const
const integer = { type: 'integer' } as const
const object = <P extends object>(properties: P) => ({ type: 'object', required: Object.keys(properties), properties }) as const

/** Who has come to each meeting, and what opens its door. */
const meeting = () => {
  const meetings = new Map<string, { here: number; readonly open: () => void; readonly opened: Promise<void> }>()
  return async (name: string, of: number): Promise<void> => {
    let open!: () => void
    const opened = new Promise<void>(resolve => (open = resolve))
    const met = meetings.get(name) ?? { here: 0, open, opened }
    meetings.set(name, met)
    if (++met.here === of) met.open()
    await met.opened
  }
}

export interface Asking {
  readonly what: Asked
  /** Breaks the connection first, so that the question is put to nobody. */
  readonly cut: boolean
}

/** What `ask` does before it asks; by itself for the server that asks by returning. */
export const beforeAsking = async ({ what, cut: breaks }: Asking, { ear, log, cut }: Pick<Hands, 'ear' | 'log' | 'cut'>): Promise<void> => {
  if (!breaks) return
  await log({ asking: what })
  await ear.heard(`asking ${what}`)
  await cut()
}

export interface Counting {
  /** Names the run to the ear. */
  readonly run: string
  readonly to: number
  /** After this number has been heard, the connection ends. */
  readonly cutAfter: number
  readonly politely: boolean
}

/** A set of its own for each server: `meet` remembers who has come. */
export const makeTools = (): { readonly [name: string]: ToolKind } => {
  const meet = meeting()
  return {
    [TOOL]: {
      description: 'Processes each file, logging as it goes.',
      inputSchema: INPUT_SCHEMA,
      run: async (job: Job, { ear, log }) => said(await processFiles(job, ear, log)),
    },
    ask: {
      description: 'Asks the client one thing and returns its answer as JSON.',
      inputSchema: object({ what: { type: 'string', enum: Object.keys(QUESTIONS) }, cut: { type: 'boolean' } }),
      run: async (asking: Asking, hands) => {
        await beforeAsking(asking, hands)
        return said(JSON.stringify(await hands.ask(asking.what)))
      },
    },
    count: {
      description: 'Logs each number, and loses the connection on the way: some are said to nobody, the rest to who came back.',
      inputSchema: object({ run: string, to: integer, cutAfter: integer, politely: { type: 'boolean' } }),
      run: async ({ run, to, cutAfter, politely }: Counting, { ear, log, hangUp, cut }) => {
        for (let n = 1; n <= to; n++) {
          await log({ run, n })
          if (n === cutAfter) {
            await ear.heard(`${run} ${n}`)
            await (politely ? hangUp() : cut())
          }
          if (n === cutAfter + 2) await ear.heard(`${run} ${n}`)
        }
        return said(`${run} counted to ${to}`)
      },
    },
    meet: {
      description: 'Logs a name, waits for the others, and returns the name.',
      inputSchema: object({ where: string, name: string, of: integer }),
      run: async ({ where, name, of }: { where: string; name: string; of: number }, { log }) => {
        await log({ where, name })
        await meet(where, of)
        return said(name)
      },
    },
    fail: {
      description: 'Fails, and says so.',
      inputSchema: object({}),
      run: async () => said('it did not work', { isError: true }),
    },
    measure: {
      description: 'The length of a text, as data.',
      inputSchema: object({ text: string }),
      outputSchema: object({ length: integer }),
      run: async ({ text }: { text: string }) => {
        const structuredContent = { length: text.length }
        return said(JSON.stringify(structuredContent), { structuredContent })
      },
    },
  }
}
