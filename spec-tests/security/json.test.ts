/** JSON that is deep, wide, doubled, misspelt or not text at all: refused in words, with the id where one could be read, never half understood. */
import t, { type Test } from 'tap'
import { heard, make, MODERN, modern, open, say, serve, type Said } from '../http.js'
import { asText, raw } from './raw.js'

const VERSIONS = ['2025-03-26', '2025-11-25', MODERN]
const META = { 'io.modelcontextprotocol/protocolVersion': MODERN, 'io.modelcontextprotocol/clientCapabilities': {} }

/** A server that counts what it runs, and a hand that posts text to it as is. */
const counting = async (t: Test, version: string) => {
  const server = make()
  let ran = 0
  server.tool('run', {}, args => {
    ran++
    return JSON.stringify(args)
  })
  const { url, port } = await serve(t, server)
  const headers = version === MODERN ? { 'mcp-protocol-version': MODERN, 'mcp-method': 'tools/call', 'mcp-name': 'run' } : await open(url, version)
  const post = (body: string | Buffer, more: { readonly [name: string]: string } = {}): Promise<Said> => {
    const fields = Object.entries({ host: `localhost:${port}`, 'content-type': 'application/json', ...headers, ...more })
    const bytes = Buffer.from(body)
    return raw(port, Buffer.concat([Buffer.from(asText('POST /mcp', [...fields, ['content-length', String(bytes.length)]])), bytes]))
      .then(({ status, body: text }) => ({ status, ...text !== '' && !text.startsWith('data') && JSON.parse(Buffer.from(text, 'latin1').toString()) as object }))
  }
  /** A call whose members are given as text. */
  const call = (args: string, meta = version === MODERN ? JSON.stringify(META).slice(1, -1) : ''): string =>
    `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"run","arguments":${args},"_meta":{${meta}}}}`
  return { url, headers, post, call, ran: () => ran }
}

const nested = (depth: number, [open, close] = ['[', ']']): string => open.repeat(depth) + (open === '[' ? '' : '1') + close.repeat(depth)
const LISTS = ['[', ']'] as const
const OBJECTS = ['{"a":', '}'] as const

for (const [version, many, most] of [['2025-03-26', 100_000, 100_000], ['2025-11-25', 100_000, 1_000_000], [MODERN, 100_000, 100_000]] as const) {
  t.test(`class deep nesting  ${version}  64 levels are taken, 65 and ${most} are refused, wherever they stand`, async t => {
    const { post, call, ran } = await counting(t, version)
    // the message, its params and `arguments` or `_meta` are three levels themselves
    for (const brackets of [LISTS, OBJECTS]) {
      for (const [levels, status] of [[60, 200], [61, 200], [62, 400], [1000, 400]] as const) {
        const said = await post(call(`{"deep":${nested(levels, [...brackets])}}`))
        t.equal(said.status, levels + 3 <= 64 ? 200 : 400, `${levels + 3} levels in arguments`)
        if (status === 400) t.match(said, { id: 1, error: { code: -32600, message: /nested more than 64 levels/ } })
      }
    }
    const before = ran()
    const deep = nested(many)
    for (const [place, text] of [
      ['the text', nested(most)], ['an object', nested(many / 4, [...OBJECTS])], ['id', `{"jsonrpc":"2.0","id":${deep},"method":"ping"}`], ['method', `{"jsonrpc":"2.0","id":1,"method":${deep}}`],
      ['params', `{"jsonrpc":"2.0","id":1,"method":"ping","params":${deep}}`], ['arguments', call(deep)], ['_meta', call('{}', `"x":${deep}`)], ['an unknown member', `{"jsonrpc":"2.0","id":1,"method":"ping","x":${deep}}`],
      ['a result', `{"jsonrpc":"2.0","id":1,"result":{"x":${deep}}}`], ['an error', `{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"m","data":${deep}}}`], ['never closed', '['.repeat(many)],
    ]) {
      const said = await post(text!)
      t.equal(said.status, 400, `${many} levels in ${place}`)
      t.ok(said.error !== undefined && said.error.message.length < 300, 'in few words')
    }
    t.equal(ran(), before, 'nothing was run')
  })

  t.test(`class wide arrays, many keys  ${version}  100 000 values are taken, more are refused`, async t => {
    const { post, call } = await counting(t, version)
    t.equal((await post(call(`{"a":[${'1,'.repeat(99_900)}1]}`))).status, 200)
    for (const [place, text] of [
      ['elements', call(`{"a":[${'1,'.repeat(many)}1]}`)], ['empty arrays', call(`{"a":[${'[],'.repeat(many)}[]]}`)], ['keys', call(`{${Array.from({ length: 110_000 }, (_, i) => `"${i}":1`).join()}}`)],
      ['members of the message', `{${Array.from({ length: 110_000 }, (_, i) => `"${i}":1`).join()},"jsonrpc":"2.0","id":1,"method":"ping"}`],
    ]) t.match(await post(text!), { status: 400, error: { code: -32600, message: /more than 100000 values/ } }, String(place))
  })
}

t.test('class batch  an array is for 2025-03-26 alone, of at most maxBatch, never empty, never of arrays', async t => {
  const one = '{"jsonrpc":"2.0","id":1,"method":"ping"}'
  const old = await counting(t, '2025-03-26')
  t.equal((await old.post(`[${Array(100).fill(one).join()}]`)).status, 200)
  t.match(await old.post(`[${Array(101).fill(one).join()}]`), { status: 400, error: { code: -32600, message: /a batch of 101/ } })
  t.match(await old.post(`[${Array(90_000).fill('1').join()}]`), { status: 400, error: { code: -32600 } })
  t.match(await old.post('[]'), { status: 400, error: { code: -32600 } })
  t.match(await say(old.url, { headers: old.headers, body: '[[]]' }).then(answer => answer.text()), /^\[\{"jsonrpc":"2\.0","error":\{"code":-32600/)
  for (const version of ['2025-06-18', '2025-11-25', MODERN]) {
    const { post, ran, call } = await counting(t, version)
    for (const text of ['[]', '[[]]', `[${one}]`, `[${call('{}')}]`, `[${call('{}')},${call('{}')}]`]) t.match(await post(text), { status: 400, error: { code: -32600 } }, `${version} ${text.slice(0, 30)}`)
    t.equal(ran(), 0, 'a batch skips no check')
  }
})

t.test('CVE-2026-27896 parser differential  a member of another spelling is no member', async t => {
  for (const version of VERSIONS) {
    const { post, call, ran } = await counting(t, version)
    for (const [name, others] of [
      ['jsonrpc', ['JSONRPC', 'Jsonrpc', 'j\u017fonrpc', 'jsonrpc ', 'jsonrpc\\u0000', '\\u0000jsonrpc', 'json_rpc']], ['method', ['Method', 'METHOD', 'method\\u0000', 'method\\u200b', ' method', 'm\u0435thod']],
      ['params', ['Params', 'PARAMS', 'param\u017f', 'params\\u0000', 'params\\ufeff']], ['name', ['Name', 'NAME', 'name\\u0000']],
    ] as const) for (const other of others) {
      const text = call('{}').replace(`"${name}"`, `"${other}"`)
      t.not(text, call('{}'))
      const said = await post(text)
      t.ok(said.error !== undefined, `${version} ${other} for ${name}: ${JSON.stringify(said)}`)
    }
    t.equal(ran(), 0, 'none was honoured')
    // beside the real one, the other is a member that nobody knows
    for (const other of ['Method', 'METHOD', 'method\\u0000', 'meth\u00f6d']) {
      t.match(await post(call('{}').replace('"method":', `"${other}":"x/evil","method":`)), { status: 200, result: {} }, `${other} before method`)
      t.match(await post(call('{}').replace('"params":', `"${other}":"x/evil","params":`)), { status: 200, result: {} }, `${other} after method`)
    }
  }
})

t.test('GHSA-q382-vc8q-7jhj, class JSON duplicate keys  a member of the envelope given twice is refused, however it is spelt', async t => {
  for (const version of VERSIONS) {
    const { post, call, ran } = await counting(t, version)
    const text = call('{}')
    for (const [name, again] of [['jsonrpc', '"2.0"'], ['id', '2'], ['method', '"ping"'], ['params', '{}']] as const) {
      for (const spelt of [name, `\\u00${name.charCodeAt(0).toString(16)}${name.slice(1)}`, [...name].map(char => `\\u00${char.charCodeAt(0).toString(16).toUpperCase()}`).join('')]) {
        for (const both of [text.replace('{', `{"${spelt}":${again},`), `${text.slice(0, -1)},"${spelt}":${again}}`]) {
          const said = await post(both)
          t.match(said, { status: 400, error: { code: -32600, message: /given twice/ } }, `${version} ${spelt}`)
          if (name === 'id') t.notOk('id' in said, 'an id that two readers could disagree about is not echoed')
        }
      }
    }
    t.equal(ran(), 0)
  }
})

t.test('class Unicode, byte order marks, lone surrogates, NUL  text is UTF-8 or refused, and what cannot be said is escaped', async t => {
  for (const version of VERSIONS) {
    const { post, call } = await counting(t, version)
    const bytes = (hex: string): Buffer => Buffer.from(call('{"a":"@"}').split('@').map(part => Buffer.from(part).toString('hex')).join(hex), 'hex')
    for (const [name, hex] of [['overlong slash', 'c0af'], ['overlong quote', 'c0a2'], ['CESU surrogate', 'eda080'], ['beyond Unicode', 'f4908080'], ['Latin-1', 'e9'], ['cut short', 'e282'], ['a lone continuation', '80'], ['five bytes', 'f888808080'], ['FF', 'ff']] as const) {
      t.match(await post(bytes(hex)), { status: 400, error: { code: -32700, message: /not UTF-8/ } }, `${version} ${name}`)
    }
    for (const [name, hex] of [['U+2028', 'e280a8'], ['an emoji', 'f09f9880'], ['a noncharacter', 'efbfbf']] as const) t.match(await post(bytes(hex)), { status: 200 }, name)
    t.match(await post(`\ufeff${call('{}')}`), { status: 200 }, 'a leading mark is skipped')
    t.match(await post(`\ufeff\ufeff${call('{}')}`), { status: 400, error: { code: -32700 } }, 'one')
    for (const coding of ['utf16le', 'latin1'] as const) t.equal((await post(Buffer.from(call('{"a":"\u00e9"}'), coding))).status, 400, coding)
    t.match(await post(call('{"a":"\\ud800 \\udc00 \\u0000"}')), { result: { content: [{ text: '{"a":"\\ud800 \\udc00 \\u0000"}' }] } }, 'lone surrogates and NUL come back escaped')
    t.match(await post(call('{"\\u0000":1,"\\ud800":2,"__proto__\\u0000":3}')), { status: 200 }, 'and are keys like any other')
    for (const text of ['', ' ', '\0', 'null', '0', '"x"', 'true', '{}', '{"jsonrpc":"2.0"}', 'nul', '{"a":1,}', "{'a':1}", '/**/{}', 'NaN', '{"a":\u00a01}', `${call('{}')}x`, `${call('{}')}${call('{}')}`, '{"jsonrpc":"1.0","id":1,"method":"ping"}']) {
      const said = await post(text)
      t.ok(said.status === 400 && [-32700, -32600].includes(said.error!.code), `${version} ${JSON.stringify(text.slice(0, 20))}`)
    }
  }
})

t.test('class huge ints, ids  an id is a string or a safe integer, and is never echoed as another', async t => {
  const { url, headers } = await counting(t, '2025-11-25')
  const post = async (id: string): Promise<string> => (await say(url, { headers, body: `{"jsonrpc":"2.0","id":${id},"method":"ping"}` })).text()
  for (const id of ['9007199254740993', '9007199254740992', '-9007199254740993', '1e400', '-1e400', '1e-400', '1.5', '0.1', '9007199254740991.4', '1e16', '10000000000000000000000', 'null', 'true', '[]', '{}', '[1]']) {
    const text = await post(id)
    t.match(text, /"code":-32600/, id)
    t.notMatch(text, /"id"/, `${id}: nothing is echoed`)
  }
  for (const id of ['0', '1', '-1', '9007199254740991', '-9007199254740991', '"1"', '""', '"\\u0000"', '"__proto__"', `"${'x'.repeat(100_000)}"`]) t.match(await post(id), new RegExp(`"id":${id.replaceAll('\\', '\\\\')},"result"`), id.slice(0, 20))
  t.match(await heard(modern(url, 'tools/list', {}, { id: '1' })), { id: '1' }, '"1" is not 1')
})
