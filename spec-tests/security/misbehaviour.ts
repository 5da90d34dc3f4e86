/** Everything an application can do wrong, by name: as tools, prompts, resources, methods and notifications. */
import { asTask, needs, ProtocolError, ToolError, type Server } from '../../lib/server.js'

/** Must not be found in anything a peer reads. */
export const SECRET = 'hunter2-/srv/private/key.pem'

const cycle = (): object => {
  const around: { self?: object } = {}
  around.self = around
  return around
}
const trap = (): object => Object.defineProperty({}, 'content', { enumerable: true, get: () => { throw new Error(SECRET) } })
const hostile = (): object => new Proxy({}, {
  get: () => { throw new Error(SECRET) },
  has: () => { throw new Error(SECRET) },
  ownKeys: () => { throw new Error(SECRET) },
  getPrototypeOf: () => { throw new Error(SECRET) },
})
const revoked = (): object => {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}
const silent = class extends Error {
  override get message(): string { throw new Error(SECRET) }
}

/** What is returned. */
export const NONSENSE: { readonly [name: string]: () => unknown } = {
  undefined: () => undefined,
  null: () => null,
  number: () => 42,
  nan: () => Number.NaN,
  bigint: () => 1n,
  symbol: () => Symbol(SECRET),
  function: () => () => SECRET,
  empty: () => ({}),
  list: () => [1, [2], null],
  cycle: () => ({ content: [], structuredContent: cycle() }),
  bare: cycle,
  bigintWithin: () => ({ content: [{ type: 'text', text: 'x' }], _meta: { n: 1n } }),
  contentOfBigints: () => ({ content: [{ type: 'text', text: 1n }] }),
  trap,
  hostile,
  revoked,
  toJsonThrows: () => ({ content: [{ type: 'text', text: 'x' }], _meta: { toJSON: () => { throw new Error(SECRET) } } }),
  thenableThatThrows: () => ({ then: () => { throw new Error(SECRET) } }),
  thenableThatThrowsOnAccess: () => Object.defineProperty({}, 'then', { get: () => { throw new Error(SECRET) } }),
  thenableThatSettlesTwice: () => ({ then: (yes: (value: unknown) => void, no: (error: unknown) => void) => (yes('once'), no(new Error(SECRET)), yes('twice')) }),
  date: () => new Date(Number.NaN),
  map: () => new Map([[1, 2]]),
  error: () => new Error(SECRET),
}

/** What is thrown. */
export const THROWN: { readonly [name: string]: () => unknown } = {
  error: () => new Error(SECRET),
  text: () => SECRET,
  null: () => null,
  undefined: () => undefined,
  cyclic: cycle,
  hostile,
  revoked,
  silent: () => new silent(),
  aggregate: () => new AggregateError([new Error(SECRET)], SECRET),
  caused: () => new Error(SECRET, { cause: new Error(SECRET) }),
  protocolWithBigint: () => new ProtocolError(-32000, 'of our own', { n: 1n } as never),
  protocolWithCycle: () => new ProtocolError(-32000, 'of our own', cycle() as never),
  abort: () => new DOMException(SECRET, 'AbortError'),
  toolError: () => new ToolError('meant for the peer'),
}

const thrower = (make: () => unknown): (() => never) => () => { throw make() }
const later = async (run: () => unknown): Promise<unknown> => {
  await new Promise(resolve => setImmediate(resolve))
  return run()
}

/** Registers `returns-…`, `returns-later-…`, `throws-…` and `rejects-…`, as tools and as methods, and some more of each. */
export const misbehave = (server: Server): void => {
  const add = (name: string, run: () => unknown): void => {
    server.tool(name, {}, run as never)
    server.method(`x/${name}`, {}, run as never)
    server.prompt(name, {}, run as never)
    server.resource(`test:///bad/${name}`, {}, run as never)
  }
  for (const [name, make] of Object.entries(NONSENSE)) {
    add(`returns-${name}`, make)
    add(`returns-later-${name}`, () => later(make))
  }
  for (const [name, make] of Object.entries(THROWN)) {
    add(`throws-${name}`, thrower(make))
    add(`rejects-${name}`, () => later(thrower(make)))
  }
  server.tool('never', {}, () => new Promise<never>(() => {}))
  server.tool('after-its-response', {}, (_, ctx) => {
    setImmediate(() => {
      void ctx.log.info('too late')
      void ctx.progress(2)
      ctx.hangUp(1)
    })
    return 'done'
  })
  server.tool('rejects-when-cancelled', {}, (_, { signal }) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error(SECRET)))))
  server.tool('asks-in-vain', {}, () => needs({ a: { method: 'roots/list' }, b: { method: 'roots/list' } }) as never)
  server.tool('task-that-fails', { taskSupport: 'optional' }, () => asTask(() => later(thrower(THROWN.error!)) as never))
  server.onNotification('x/heard', {}, (() => { throw new Error(SECRET) }))
  // eslint-style void-returning functions take async ones in TypeScript, so applications do write this
  server.onNotification('x/heard-later', {}, async () => { await later(thrower(THROWN.error!)) })
}
