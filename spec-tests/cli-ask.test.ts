/** How the command line asks a person: client/elicitation#user-interaction-model. Once with injected lines, once at a real pseudo-terminal. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import t, { type Test } from 'tap'
import { answersOf, consent, fillForm, personAt, type Person } from '../lib/cli/ask.js'
import type { ElicitAnswer, ElicitForm } from '../lib/client.js'
import { everything } from '../lib/examples/everything.js'
import { listen } from '../lib/server.js'

const HERE = 'http://127.0.0.1/mcp'

/** A person who types these lines, and what was shown to them. */
const typing = (...lines: (string | undefined)[]): Person & { shown: string } => {
  const person = {
    shown: '',
    say: (text: string) => void (person.shown += text),
    ask: async (prompt: string) => {
      person.shown += prompt
      const line = lines.shift()
      person.shown += `${line ?? '^D'}\n`
      return line
    },
  }
  return person
}
const form = (properties: object, required: readonly string[] = [], message = 'Tell me'): ElicitForm => ({ message, requestedSchema: { type: 'object', properties, required } })
const filled = async (params: ElicitForm, ...lines: (string | undefined)[]): Promise<[ElicitAnswer, string]> => {
  const person = typing(...lines)
  return [await fillForm(person, HERE, params), person.shown]
}

t.test('a form is asked field by field, with title, description, kind and default, and seen whole before it is sent', async t => {
  const [answer, shown] = await filled(form({
    name: { type: 'string', title: 'Your name', description: 'As on the badge' }, age: { type: 'integer', default: 30 }, ok: { type: 'boolean', default: true }, note: { type: 'string' },
  }, ['name'], 'Who are you?\nReally?'), 'Ann', '', 'no', '', '')
  t.strictSame(answer, { action: 'accept', content: { name: 'Ann', age: 30, ok: false } })
  t.equal(shown, [
    '', 'http://127.0.0.1/mcp asks:', '  | Who are you?', '  | Really?',
    '  Type an answer, or nothing for the default in [brackets]; !decline or Ctrl-D to give none at all.',
    '', '  Your name: As on the badge', '  (text, required) Ann',
    '', '  age', '  (a whole number, optional) [30] ',
    '', '  ok', '  (yes or no, optional) [yes] no',
    '', '  note', '  (text, optional) ',
    '', '  To be sent to http://127.0.0.1/mcp:', '    name: "Ann"', '    age: 30', '    ok: false', '  Send it? yes, again or !decline [yes] ', '',
  ].join('\n'))
})

t.test('choices are numbered: titled and untitled, one and many, and the names of an older revision', async t => {
  const titled = [{ const: '#f00', title: 'Red' }, { const: '#0f0', title: 'Green' }]
  const [answer, shown] = await filled(form({
    plain: { type: 'string', enum: ['a', 'b'], default: 'a' },
    titled: { type: 'string', oneOf: titled, default: '#0f0' },
    named: { type: 'string', enum: ['x', 'y'], enumNames: ['Ex', 'Why'] },
    many: { type: 'array', items: { type: 'string', enum: ['p', 'q', 'r'] }, maxItems: 2 },
    several: { type: 'array', items: { anyOf: titled }, default: ['#f00', '#0f0'] },
  }), '2', '', 'Why', '1,2,3', '3, 1', '', 'y')
  t.strictSame(answer.content, { plain: 'b', titled: '#0f0', named: 'y', many: ['r', 'p'], several: ['#f00', '#0f0'] })
  t.match(shown, '    1. Red\n    2. Green\n  (a number from the list, optional) [Green] ')
  t.match(shown, '    1. Ex\n    2. Why\n')
  t.match(shown, '(numbers from the list, with commas, optional) [Red, Green] ')
  t.match(shown, 'it must have at most 2 items, not 3')
})

t.test('what does not fit is said, and asked again', async t => {
  const cases: [object, string, string][] = [
    [{ type: 'integer', minimum: 18 }, 'ten', 'expected a whole number'],
    [{ type: 'integer', minimum: 18 }, '17', 'it must be >= 18, not 17'],
    [{ type: 'integer' }, '1.5', 'it must be an integer, not 1.5'],
    [{ type: 'boolean' }, 'maybe', 'expected yes or no'],
    [{ type: 'string', enum: ['a', 'b'] }, '3', 'expected a number from the list'],
    [{ type: 'string', enum: ['a', 'b'] }, '0', 'expected a number from the list'],
    [{ type: 'string', minLength: 3 }, 'ab', 'it must have at least 3 characters, not 2'],
    [{ type: 'string', format: 'email' }, 'me', 'expected email'],
    [{ type: 'string', format: 'uri' }, 'me', 'expected uri'],
    [{ type: 'string', format: 'date' }, '2026-13-01', 'expected date'],
    [{ type: 'string', format: 'date-time' }, '2026-12-01', 'expected date-time'],
    [{ type: 'string' }, '', 'expected text'],
  ]
  for (const [field, line, said] of cases) {
    const [answer, shown] = await filled(form({ it: field }, ['it']), line, '!decline')
    t.match(shown, `    ${said}\n`, `${JSON.stringify(field)} ${line}`)
    t.strictSame(answer, { action: 'decline' })
  }
  const [answer] = await filled(form({ mail: { type: 'string', format: 'email' }, at: { type: 'string', format: 'date' }, n: { type: 'number' } }), 'a@b.example', '2026-12-01', '-1.5e3', '')
  t.strictSame(answer.content, { mail: 'a@b.example', at: '2026-12-01', n: -1500 })
})

t.test('a person may decline or go away at every question, and change what was typed before it is sent', async t => {
  const one = form({ a: { type: 'string' } }, ['a'])
  t.strictSame((await filled(one, '!decline'))[0], { action: 'decline' })
  t.strictSame((await filled(one, undefined))[0], { action: 'decline' })
  t.strictSame((await filled(one, '!cancel'))[0], { action: 'cancel' })
  t.strictSame((await filled(one, 'x', '!decline'))[0], { action: 'decline' })
  t.strictSame((await filled(one, 'x', undefined))[0], { action: 'decline' })
  const [answer, shown] = await filled(form({ a: { type: 'string' }, b: { type: 'string' } }), 'x', 'y', 'again', '', 'z', 'yes')
  t.strictSame(answer, { action: 'accept', content: { a: 'x', b: 'z' } })
  t.match(shown, '(text, optional) [x] ')
})

t.test('nothing that a server writes can steer the terminal, or pass for a question of ours', async t => {
  const evil = '\u001b[2J\u202e'
  const [, shown] = await filled(form({ [evil]: { type: 'string', title: `T${evil}`, description: evil, enum: [evil], default: evil } }, [], `hello\n${evil}\nhttp://real asks:`), '', '')
  t.notMatch(shown, /[\u001b\u202e]/)
  t.match(shown, '  | \\u001b[2J\\u202e\n  | http://real asks:\n')
})

t.test('client/elicitation#safe-url-handling  the whole URL is shown, its host apart, and consent is asked for', async t => {
  const url = `https://user@xn--pypal-4ve.example/connect?id=${'x'.repeat(300)}#end`
  const asked = async (url: string, ...lines: (string | undefined)[]): Promise<[ElicitAnswer, string]> => {
    const person = typing(...lines)
    return [await consent(person, HERE, { mode: 'url', message: 'Sign in', url }), person.shown]
  }
  const [answer, shown] = await asked(url, 'what?', '', 'yes')
  t.strictSame(answer, { action: 'accept' })
  t.match(shown, `\n    ${url}\n\n  Host: xn--pypal-4ve.example\n`)
  t.match(shown, /letters of other scripts/)
  t.match(shown, /before the @/)
  t.notMatch(shown, /not encrypted/)
  t.match((await asked('http://a.example/', 'no')), [{ action: 'decline' }, /not encrypted/])
  t.strictSame((await asked('https://a.example/', undefined))[0], { action: 'decline' })
  t.strictSame((await asked('https://a.example/', '!cancel'))[0], { action: 'cancel' })
})

t.test('two questions at once are asked one after the other', async t => {
  const person = typing('one', '', 'two', '')
  const answers = answersOf(person, HERE)
  const asker = { signal: new AbortController().signal }
  const both = await Promise.all(['first', 'second'].map(message => answers.elicit!(form({ it: { type: 'string' } }, [], message), asker)))
  t.strictSame(both.map(({ content }) => content), [{ it: 'one' }, { it: 'two' }])
  t.ok(person.shown.indexOf('second') > person.shown.indexOf('"one"'))
})

t.test('lines that come before they are asked for are kept; the end of input and a withdrawn question are no line', async t => {
  const input = new PassThrough()
  const person = personAt(input, new PassThrough())
  const withdrawn = new AbortController()
  const never = person.ask('? ', withdrawn.signal)
  withdrawn.abort()
  t.equal(await never, undefined)
  input.write('one\ntwo\n')
  t.strictSame([await person.ask('? '), await person.ask('? ')], ['one', 'two'])
  const last = person.ask('? ')
  input.end()
  t.strictSame([await last, await person.ask('? ')], [undefined, undefined])
})

const MAIN = 'build/lib/cli/main.js'

const ended = async (command: string, argv: readonly string[], typed: string): Promise<{ said: string; code: number }> => {
  const child = spawn(command, argv, { stdio: 'pipe' })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (said += text))
  child.stdin.end(typed)
  const [code] = (await once(child, 'close')) as [number]
  return { said, code }
}
const serving = async (t: Test): Promise<string[]> => {
  const listening = await listen(everything(), { port: 0 })
  t.teardown(() => listening.close({ graceMs: 0 }))
  return [MAIN, 'call', listening.url, 'test_elicitation', '--args', '{"message":"Who?"}']
}

t.test('through a pipe `mcpwire call` asks nobody, and declares so', async t => {
  t.match(await ended(process.execPath, await serving(t), 'ann\nann@example.com\nyes\n'), { code: 2, said: /needs a capability that the client did not declare/ })
})

const skip = spawnSync('script', ['--version']).status === 0 ? false : 'no util-linux script here, so no pseudo-terminal'
t.test('at a terminal `mcpwire call` asks, and sends what was typed', { skip }, async t => {
  const line = [process.execPath, ...await serving(t)].map(arg => `'${arg}'`).join(' ')
  const { said, code } = await ended('script', ['-qec', line, '/dev/null'], 'ann\nann@example.com\nyes\n')
  t.equal(code, 0, said)
  t.match(said, /\(text, required\) /)
  t.match(said, /User response: \{"action":"accept","content":\{"username":"ann","email":"ann@example\.com"\}\}/)
  t.match(await ended('script', ['-qec', line, '/dev/null'], '!decline\n'), { code: 0, said: /"action":"decline"/ })
})
