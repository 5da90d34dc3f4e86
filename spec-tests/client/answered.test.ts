/** What an application answers a server, and what of it is sent: client/elicitation, client/sampling, client/roots. */
import t, { type Test } from 'tap'
import type { Answerers } from '../../lib/client.js'
import { asking, question, SAMPLE } from './asking.js'
import { type Arrived, openModern } from './scripted.js'

t.test('2025-11-25 client/elicitation#form-mode-security  what does not fit the form is not sent; the application is told what is wrong', async t => {
  const choice = { type: 'string', oneOf: [{ const: 'r', title: 'Red' }] }
  const requestedSchema = { type: 'object', required: ['age'], properties: {
    age: { type: 'integer', minimum: 18 }, hue: choice, plain: { type: 'string', enum: ['a'] }, many: { type: 'array', minItems: 1, items: { type: 'string', enum: ['x', 'y'] } },
    titled: { type: 'array', items: { anyOf: choice.oneOf } },
  } }
  const filled = async (content: object | undefined): Promise<[Arrived['message'], string | undefined]> => {
    const errors: Error[] = []
    const answered = { action: 'accept', ...(content && { content }) } as never
    const { answer } = await asking(t, question('elicitation/create', { message: 'who?', requestedSchema }), { elicit: () => answered }, { onError: error => errors.push(error) })
    return [answer.message, errors[0] && `${errors[0].name}: ${errors[0].message}`]
  }
  const good = { age: 18, hue: 'r', plain: 'a', many: ['y'], titled: ['r'] }
  t.match(await filled(good), [{ result: { action: 'accept', content: good } }, undefined])
  const cases: [object | undefined, RegExp][] = [
    [undefined, /^TypeError: elicitation\/create: the answer's content\.age is required$/],
    [{ age: 'old' }, /content\.age must be an integer, not "old"/],
    [{ age: 17 }, /content\.age must be >= 18, not 17/],
    [{ age: 20, hue: 'Red' }, /content\.hue must be r, not "Red"/],
    [{ age: 20, plain: 'b' }, /content\.plain must be a, not "b"/],
    [{ age: 20, many: [] }, /content\.many must have at least 1 items/],
    [{ age: 20, many: ['z'] }, /content\.many\[0\] must be one of x, y, not "z"/],
    [{ age: 20, titled: ['Red'] }, /content\.titled\[0\] must be r, not "Red"/],
  ]
  for (const [content, message] of cases) t.match(await filled(content), [{ error: { code: -32603, message: /^(?!.*content)/ } }, message])
})

const FORM = { message: 'who?', requestedSchema: { type: 'object', properties: { name: { type: 'string' } } } }
const PAGE = { mode: 'url', message: 'go', url: 'https://example.com/', elicitationId: 'e' }

/** What the server hears, and what the application is told. */
const answers = async (t: Test, method: string, params: object, given: object): Promise<[Arrived['message'], string | undefined]> => {
  const errors: Error[] = []
  const { answer } = await asking(t, question(method, params), given as Answerers, { onError: error => errors.push(error) })
  return [answer.message, errors[0] && `${errors[0].name}: ${errors[0].message}`]
}

t.test('2025-11-25 client/elicitation#response-actions  what was filled in goes with an accepted form alone; the choice always goes', async t => {
  const content = { name: 'jo', nested: {} }
  for (const action of ['decline', 'cancel']) {
    t.strictSame(await answers(t, 'elicitation/create', FORM, { elicit: () => ({ action, content }) }), [{ jsonrpc: '2.0', id: 'q:elicitation/create', result: { action } }, undefined])
  }
  t.strictSame(await answers(t, 'elicitation/create', PAGE, { elicitUrl: () => ({ action: 'accept', content }) }), [{ jsonrpc: '2.0', id: 'q:elicitation/create', result: { action: 'accept' } }, undefined])
  t.match(await answers(t, 'elicitation/create', FORM, { elicit: () => ({ action: 'accept', content }) }), [{ error: { code: -32603 } }, /content\.nested/])
})

const MODEL = { role: 'assistant', content: { type: 'text', text: 'yo' }, model: 'm' }
const MISFITS: readonly [method: string, params: object, given: object, told: RegExp][] = [
  ['elicitation/create', FORM, { elicit: () => ({ action: 'maybe' }) }, /action must be one of accept, decline, cancel, not "maybe"/],
  ['elicitation/create', FORM, { elicit: () => undefined }, /must be an object/],
  ['sampling/createMessage', SAMPLE, { sample: () => ({ ...MODEL, model: undefined }) }, /model/],
  ['sampling/createMessage', SAMPLE, { sample: () => ({ ...MODEL, content: undefined }) }, /content/],
  ['sampling/createMessage', SAMPLE, { sample: () => ({ ...MODEL, role: 'robot' }) }, /role/],
  ['sampling/createMessage', SAMPLE, { sample: () => null }, /must be an object/],
  ['roots/list', {}, { roots: () => [{ uri: 'https://example.com/' }] }, /uri of roots\[0\] is "https:\/\/example\.com\/"; expected one that begins with file:\/\//],
  ['roots/list', {}, { roots: () => [{ uri: 'file:///a' }, { uri: '/home/jo' }] }, /uri of roots\[1\] is "\/home\/jo"/],
  ['roots/list', {}, { roots: () => [{ name: 'a' }] }, /roots\[0\]\.uri is required/],
  ['roots/list', {}, { roots: () => 'file:///a' }, /roots must be an array/],
]

t.test('2025-11-25  an answer that does not fit is -32603 without its text, and the application is told what is wrong', async t => {
  for (const [method, params, given, told] of MISFITS) {
    const [answer, error] = await answers(t, method, params, given)
    t.strictSame(answer, { jsonrpc: '2.0', id: `q:${method}`, error: { code: -32603, message: `${method} failed in the client` } })
    t.match(error, new RegExp(`^TypeError: ${method}: .*${told.source}`))
  }
})

t.test('2026-07-28 basic/patterns/mrtr  an answer that does not fit ends the call with what is wrong, and nothing of it is sent', async t => {
  for (const [method, params, given, message] of MISFITS) {
    const { client, server } = await openModern(t, {
      'tools/call': arrived => arrived.result({ resultType: 'input_required', inputRequests: { q: { method, params } } }),
    }, { answers: given as Answerers })
    await t.rejects(client.callTool('work').result, { name: 'TypeError', message })
    t.equal(server.arrived.filter(({ message }) => message.method === 'tools/call').length, 1)
  }
})
