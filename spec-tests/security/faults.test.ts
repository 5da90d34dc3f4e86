/**
 * Process safety (pains 4; CVE-2025-53365, CVE-2025-53366): whatever an application or a peer does wrong, each request is answered, nothing
 * secret is said, and nothing is left that nobody caught. The server is a process of its own; `misbehaviour.ts` is its application.
 */
import t from 'tap'
import { callTool, heard, modern, open, say, MODERN, type Said } from '../http.js'
import { NONSENSE, SECRET, THROWN } from './misbehaviour.js'
import { Subject } from './subject-process.js'

const VERSIONS = ['2025-03-26', '2025-11-25', MODERN]
const names = [
  ...Object.keys(NONSENSE).flatMap(name => [`returns-${name}`, `returns-later-${name}`]),
  ...Object.keys(THROWN).flatMap(name => [`throws-${name}`, `rejects-${name}`]),
]

/** Is it one whole JSON-RPC response, that betrays nothing? */
const wrongWith = (said: Said): string | undefined => {
  const text = JSON.stringify(said)
  if (text.includes('hunter2')) return `betrays the secret: ${text}`
  if (/\bat \S+ \(|node:internal|\/lib\/|\.js:\d/.test(text)) return `shows a stack or a path: ${text}`
  return (said.result !== undefined) === (said.error !== undefined) ? `is no response: ${text}` : undefined
}

/** How often the server's process is looked at before an answer counts as never coming: with a fault that nobody caught, and without. */
const ROUNDS = { faulty: 20, quiet: 3000 }

/** The answer, and what nobody caught while it was made. */
const settle = async (subject: Subject, asked: Promise<Said | string>): Promise<{ readonly said: Said | string; readonly faults: readonly string[] }> => {
  let said: Said | string | undefined
  asked.then(answer => (said = answer), (error: unknown) => (said = `is not answered in JSON: ${String(error)}`))
  const faults: string[] = []
  for (let round = 0; said === undefined && round < (faults.length > 0 ? ROUNDS.faulty : ROUNDS.quiet); round++) {
    await subject.ask('turns', 2)
    faults.push(...await subject.faults())
  }
  return { said: said ?? 'is never answered', faults: [...faults, ...await subject.faults()] }
}

/** One server for all of them: what one fault did to it, the next would show. */
const shared = await Subject.start(t)

for (const [kind, method, params] of [
  ['tool', 'tools/call', (name: string) => ({ name, arguments: {} })],
  ['method', '', () => ({})],
  ['prompt', 'prompts/get', (name: string) => ({ name })],
  ['resource', 'resources/read', (name: string) => ({ uri: `test:///bad/${name}` })],
] as const) {
  t.test(`class process-safety, class error disclosure  a ${kind} that throws, rejects or returns nonsense is answered once, without its text, and nothing is uncaught`, async t => {
    const subject = shared
    for (const version of VERSIONS) {
      const headers = version === MODERN ? undefined : await open(subject.url, version)
      const bad: string[] = []
      for (const name of names) {
        const asked = method === '' ? `x/${name}` : method
        const body = { jsonrpc: '2.0', id: 1, method: asked, params: params(name) }
        const { said, faults } = await settle(subject, heard(headers ? say(subject.url, { headers, body }) : modern(subject.url, asked, params(name))))
        const wrong = typeof said === 'string' ? said : wrongWith(said)
        if (wrong !== undefined) bad.push(`${name} ${wrong}`)
        if (faults.length > 0) bad.push(`${name} leaves ${faults.map(fault => fault.slice(0, 60)).join('; ')}`)
      }
      t.strictSame(bad, [], version)
    }
  })
}

t.test('class process-safety  one bad member of a batch spoils neither the others nor the process', async t => {
  const subject = shared
  for (const late of ['', 'later-']) {
    const headers = await open(subject.url, '2025-03-26')
    for (const name of [`returns-${late}bigintWithin`, `returns-${late}trap`, late === '' ? 'throws-protocolWithBigint' : 'rejects-protocolWithBigint']) {
      const both = say(subject.url, { headers, body: [callTool(1, name), callTool(2, 'echo', { n: 2 })] }).then(answer => answer.text())
      const { said, faults } = await settle(subject, both)
      t.match(said, /"id":2,"result":/, `${name}: the other is answered`)
      t.match(said, /"id":1,"(error|result)":/, `${name}: so is the bad one`)
      t.strictSame(faults, [], `${name}: nothing is uncaught`)
    }
  }
})

t.test('class process-safety  listeners for notifications may throw and reject', async t => {
  const subject = shared
  const headers = await open(subject.url)
  for (const method of ['x/heard', 'x/heard-later']) {
    t.equal((await say(subject.url, { headers, body: { jsonrpc: '2.0', method } })).status, 202)
    await subject.ask('turns', 5)
    t.strictSame(await subject.faults(), [], method)
  }
})

t.test('class process-safety  what comes after the response, after a cancellation, after the session, is dropped', async t => {
  const subject = shared
  const headers = await open(subject.url, '2025-11-25', { roots: {} })
  t.match(await heard(say(subject.url, { headers, body: callTool(1, 'after-its-response') })), { result: { content: [{ text: 'done' }] } })
  const held = say(subject.url, { headers, body: callTool(2, 'rejects-when-cancelled') })
  await (await say(subject.url, { headers, body: { jsonrpc: '2.0', id: 9, method: 'ping' } })).text()
  await (await say(subject.url, { headers, body: { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 2 } } })).text()
  t.equal(await (await held).text(), '', 'a cancelled request is not answered')
  // two questions are open when the session ends: both are given up, and each promise is somebody's
  const asking = await say(subject.url, { headers, body: callTool(3, 'asks-in-vain') })
  for await (const { data } of asking.events()) if (data.includes('roots/list')) break
  asking.hangUp()
  await (await say(subject.url, { method: 'DELETE', headers })).text()
  await subject.ask('turns', 5)
  t.strictSame(await subject.faults(), [])
})

t.test('class process-safety  a task that fails is a task that failed', async t => {
  const subject = shared
  const headers = await open(subject.url)
  const begun = await heard(say(subject.url, { headers, body: { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'task-that-fails', arguments: {}, task: {} } } }))
  t.match(begun.result, { task: { taskId: String } })
  const { taskId } = begun.result!.task as { taskId: string }
  const result = await heard(say(subject.url, { headers, body: { jsonrpc: '2.0', id: 2, method: 'tasks/result', params: { taskId } } }))
  t.notMatch(JSON.stringify(result), SECRET)
  t.strictSame(await subject.faults(), [])
})
