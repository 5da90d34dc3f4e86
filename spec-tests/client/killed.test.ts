/** A server that is killed in the middle of a stream: what the client says of it, and what it does when there is a server again. */
import t, { type Test } from 'tap'
import { connect, type Call, type Client, type ConnectOptions } from '../../lib/client.js'
import { Subject } from '../security/subject-process.js'
import { INFO } from './scripted.js'

const SAID = 3
/** A call of which this many notifications were heard, and which is not answered. */
const halfway = async (client: Client): Promise<Call> => {
  const call = client.callTool('flood', { kilobytes: SAID }, { logLevel: 'info' })
  let heard = 0
  for await (const { method } of call) if (method === 'notifications/message' && ++heard === SAID) break
  return call as unknown as Call
}

/** A client at this revision, over the transport that goes with it. */
const connected = async (t: Test, { url }: Subject, revision: string, options: Partial<ConnectOptions>): Promise<Client> => {
  const client = await connect(revision === '2024-11-05' ? url.replace('/mcp', '/sse') : url, { info: INFO, revision, logLevel: 'info', ...options })
  t.teardown(() => client.close())
  return client
}

/** One of each way to go on: not at all, by resuming, by resuming a stream that was primed, anew. */
const REVISIONS = ['2024-11-05', '2025-03-26', '2025-11-25', '2026-07-28']
const RESUMES: readonly string[] = REVISIONS.slice(1, 3)

for (const revision of REVISIONS) {
  t.test(`${revision} a server killed in the middle of a stream, for good: the call fails in words, and so do later ones`, async t => {
    const subject = await Subject.start(t, { sse: {} })
    const client = await connected(t, subject, revision, { maxResumes: 2, resumeDelayMs: 1, maxResumeDelayMs: 1 })
    const call = await halfway(client)
    await subject.kill()
    const error = await call.result.then(() => undefined, (why: Error) => why)
    t.equal(error?.name, 'BrokenStream')
    t.match(error?.message, revision === '2024-11-05' ? /^the event stream was cut: / : /^tools\/call: the stream ended without its response \(3 messages came/)
    t.equal(/it was resumed 2 times/.test(String(error?.message)), RESUMES.includes(revision), 'resumed where the revision has that, and nowhere else')
    await t.rejects(client.callTool('echo').result, /ECONNREFUSED/)
  })

  t.test(`${revision} a server killed in the middle of a stream, and started again: the call fails, the next one finds the new server`, async t => {
    const subject = await Subject.start(t, { sse: {} })
    const replaced: string[] = []
    const client = await connected(t, subject, revision, {
      maxResumes: 1000, resumeDelayMs: 10, maxResumeDelayMs: 10, restarts: 1000, events: { onSessionReplaced: why => replaced.push(why) },
    })
    const call = await halfway(client)
    await subject.kill()
    await Subject.start(t, { sse: {}, port: subject.port })
    await t.rejects(call.result, { name: 'BrokenStream' }, 'what was in flight is not kept by a server that is killed')
    t.match(await client.callTool('echo', { again: true }).result, { content: [{ text: '{"again":true}' }] })
    t.equal(replaced.length, revision === '2026-07-28' ? 0 : 1, 'and a session was opened anew, where there are any')
  })
}
