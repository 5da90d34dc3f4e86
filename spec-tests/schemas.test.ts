/**
 * Our message schemas, and the validators that the build compiles from them. Against the official `schema.json` of each revision
 * where MCP_SPEC_DIR names a folder that has them as `<revision>/schema.json`; what they say of bad messages, always.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Ajv } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { REVISIONS, find, within } from '../lib/revisions/index.js'
import type { Revision } from '../lib/revisions/index.js'
import { definition, schemaOf } from '../lib/revisions/schemas/index.js'
import { ERROR_DATA, VOCABULARY, spokenBy } from '../lib/revisions/vocabulary.js'
import type { Sender } from '../lib/revisions/vocabulary.js'
import { clientChecks, errorDataCheck } from '../lib/validation/client-checks.js'
import type { Check } from '../lib/validation/messages.js'
import { serverChecks } from '../lib/validation/server-checks.js'
import { eachChange, samplesOf } from './schema-samples.js'
import type { Change, Node } from './schema-samples.js'

const at = (id: string): Revision => find(id)!
const modern = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': {} }

t.test('a server says in one sentence where params are wrong, what was expected and what was seen', async (t) => {
  const says = (id: string, method: string, params: unknown) => serverChecks(at(id), method)!.params!(params)
  t.equal(says('2025-11-25', 'tools/call', { name: 'x', arguments: {} }), undefined)
  t.same(says('2025-11-25', 'tools/call', {}), { pointer: '/name', sentence: 'params.name is required' })
  t.same(says('2025-11-25', 'tools/call', undefined), { pointer: '/name', sentence: 'params.name is required' })
  t.equal(says('2025-11-25', 'tools/list', undefined), undefined, 'absent params are empty ones')
  t.same(says('2025-11-25', 'tools/list', null), { pointer: '', sentence: 'params must be an object, not null' })
  t.same(says('2025-11-25', 'logging/setLevel', { level: 'loud' }), {
    pointer: '/level',
    sentence: 'params.level must be one of debug, info, notice, warning, error, critical, alert, emergency, not "loud"',
  })
  t.same(says('2025-11-25', 'tools/list', { _meta: { progressToken: 1.5 } }),
    { pointer: '/_meta/progressToken', sentence: 'params._meta.progressToken must be a string or an integer, not 1.5' })
  t.same(says('2025-11-25', 'completion/complete', { ref: { type: 'x' }, argument: { name: 'a', value: 'b' } }),
    { pointer: '/ref/type', sentence: 'params.ref.type must be one of ref/prompt, ref/resource, not "x"' })
  t.equal(says('2026-07-28', 'tools/call', { name: 'x', _meta: modern }), undefined)
  t.same(says('2026-07-28', 'tools/call', { name: 'x' }), { pointer: '/_meta', sentence: 'params._meta is required' })
  t.same(says('2026-07-28', 'tools/call', { name: 'x', _meta: { ...modern, 'io.modelcontextprotocol/protocolVersion': 7 } }), {
    pointer: '/_meta/io.modelcontextprotocol~1protocolVersion',
    sentence: 'params._meta["io.modelcontextprotocol/protocolVersion"] must be a string, not 7',
  })
  t.same(says('2026-07-28', 'tools/call', { name: 'x', _meta: modern, inputResponses: { k: { action: 'maybe' } } }), {
    pointer: '/inputResponses/k/action',
    sentence: 'params.inputResponses.k.action must be one of accept, decline, cancel, not "maybe"',
  })
})

t.test('a sentence stays short and printable whatever the peer sent', async (t) => {
  const check = serverChecks(at('2025-11-25'), 'prompts/get')!.params!
  const long = check({ name: 'x', arguments: { ['k\n'.repeat(5000)]: 5 } })!.sentence
  t.ok(long.length < 400, String(long.length))
  t.notMatch(long, /\n/)
  const level = serverChecks(at('2025-11-25'), 'logging/setLevel')!.params!
  t.ok(level({ level: 'x\u0000'.repeat(100_000) })!.sentence.length < 600)
})

t.test('a client says the same of results, of what servers send, and of the data of errors', async (t) => {
  const result = (id: string, value: unknown) => clientChecks(at(id), 'tools/call')!.result!(value)
  t.same(result('2025-11-25', { content: [{ type: 'text' }] }),
    { pointer: '/content/0/text', sentence: 'result.content[0].text is required' })
  t.same(result('2024-11-05', { content: [{ type: 'audio', data: '', mimeType: 'audio/wav' }] }),
    { pointer: '/content/0/type', sentence: 'result.content[0].type must be one of text, image, resource, not "audio"' })
  t.same(result('2026-07-28', { resultType: 'input_required', inputRequests: { a: { method: 'ping' } } }), {
    pointer: '/inputRequests/a/method',
    sentence: 'result.inputRequests.a.method must be one of elicitation/create, sampling/createMessage, roots/list, not "ping"',
  })
  t.same(result('2026-07-28', { resultType: 'complete' }), { pointer: '/content', sentence: 'result.content is required' })
  t.same(clientChecks(at('2025-06-18'), 'notifications/message')!.params!({ level: 'info' }),
    { pointer: '/data', sentence: 'params.data is required' })
  t.same(errorDataCheck(at('2026-07-28'), -32022)!({ requested: 'x' }),
    { pointer: '/supported', sentence: 'error.data.supported is required' })
  t.equal(errorDataCheck(at('2025-11-25'), -32022), undefined)
})

t.test('each side checks what it hears and the answers to what it asks, and nothing that the revision does not have', async (t) => {
  t.same(Object.keys(serverChecks(at('2025-11-25'), 'ping')!), ['params', 'result'])
  t.same(Object.keys(serverChecks(at('2026-07-28'), 'elicitation/create')!), ['result'])
  t.same(Object.keys(clientChecks(at('2025-11-25'), 'tools/list')!), ['result'])
  t.equal(serverChecks(at('2026-07-28'), 'ping'), undefined)
  t.equal(serverChecks(at('2025-11-25'), '__proto__'), undefined)
})

t.test('a server loads its own validators and nothing of ajv, and the compiled modules import nothing', async (t) => {
  for (const name of ['server', 'client']) {
    const text = readFileSync(new URL(`../lib/validation/${name}-messages.js`, import.meta.url), 'utf8')
    t.notMatch(text, /\b(?:import|require)\b/, name)
  }
  for (const name of ['server-checks', 'messages', 'explain']) {
    const text = readFileSync(new URL(`../lib/validation/${name}.js`, import.meta.url), 'utf8')
    t.notMatch(text, /from '(?:ajv|.*client-)/, name)
  }
})

const folder = process.env['MCP_SPEC_DIR']
const skip = folder === undefined && 'MCP_SPEC_DIR does not name a folder with the official schemas'

/** Where ours deliberately answers otherwise. Each must be met at least once in every revision it names, and excuses nothing else. */
const DIFFERENCES: readonly {
  readonly why: string
  readonly revisions: readonly string[]
  readonly pointer: RegExp
  readonly change: RegExp
  readonly ours: boolean
}[] = [
  {
    why: 'a client counts an absent resultType as complete (2026-07-28/basic/index#resulttype)',
    revisions: ['2026-07-28'], pointer: /^(\/resultType)?$/, change: /^(missing|object)$/, ours: true,
  },
  {
    why: 'a client counts an absent ttlMs as 0 and an absent cacheScope as private (2026-07-28/server/utilities/caching)',
    revisions: ['2026-07-28'], pointer: /^\/(ttlMs|cacheScope)$/, change: /^missing$/, ours: true,
  },
  {
    why: 'a client counts a negative ttlMs as 0 (2026-07-28/server/utilities/caching#time-to-live-ttl-field)',
    revisions: ['2026-07-28'], pointer: /^\/ttlMs$/, change: /^-1$/, ours: true,
  },
  {
    why: 'an elicited number may have a fraction: the typed schema says number where the JSON schema says integer',
    revisions: ['2025-06-18', '2025-11-25', '2026-07-28'], pointer: /\/content\/other \d$/, change: /^1\.5$/, ours: true,
  },
  {
    why: 'free JSON holds null and fractions: the typed schema has them where the JSON schema forgot them',
    revisions: ['2026-07-28'],
    pointer: /\/(metadata|logging|completions|form|url|tools|context|other \d)\/other \d$/,
    change: /^(null|1\.5)$/,
    ours: true,
  },
]

/** Official definitions that are not compared by themselves, and why. Each must match one in some revision. */
const NOT_COMPARED: readonly (readonly [name: RegExp, why: string])[] = [
  [/^JSONRPC|^(Request|Notification|Error)$|^PaginatedRequest$/, 'envelopes, which wire/json-rpc reads'],
  [/.ResultResponse$/, 'an envelope around a result that is compared by its own name'],
  [/^(Client|Server)(Request|Notification|Result)$/, 'unions that the vocabulary is held against'],
  [/^(Annotated|BaseMetadata|Icons|ResourceContents|PaginatedResult|CacheableResult|Cursor|ResultType|EmptyResult|MetaObject)$/,
    'parts that others are made of'],
  [/^(ResourceRequestParams|TaskAugmentedRequestParams|InputResponseRequestParams)$/, 'parts that params are made of'],
  [/^(Enum|SingleSelectEnum|MultiSelectEnum)Schema$/, 'unions of definitions that are compared'],
  [/^(HeaderMismatch|Internal|InvalidParams|InvalidRequest|MethodNotFound|Parse)Error$/, 'errors whose data may be anything'],
  [/^JSON(Array|Object|Value)$/, 'any JSON'],
]

/** Older names of what ours has under its newest. */
const RENAMED: Readonly<Record<string, string>> = {
  '2024-11-05 ResourceReference': 'ResourceTemplateReference',
  '2025-03-26 ResourceReference': 'ResourceTemplateReference',
  '2025-06-18 EnumSchema': 'LegacyTitledEnumSchema',
}

const load = (revision: Revision): Node => JSON.parse(readFileSync(join(folder!, revision.id, 'schema.json'), 'utf8')) as Node
const definitionsOf = (document: Node): Readonly<Record<string, Node>> => document.$defs ?? document.definitions!

/** One of our schemas and the places in the official document that say the same together. */
interface Pair {
  readonly label: string
  readonly ours: string
  readonly official: readonly string[]
}

const pairsOf = (revision: Revision, document: Node, leftOut: Set<RegExp>): Pair[] => {
  const key = document.$defs === undefined ? 'definitions' : '$defs'
  const at = (name: string, rest = ''): string => `#/${key}/${name}${rest}`
  const definitions = Object.entries(definitionsOf(document))
  const asParams = new Set(definitions.map(([, schema]) => schema.properties?.['method']?.const && schema.properties['params']?.$ref))
  return definitions.flatMap(([name, schema]): Pair[] => {
    if (asParams.has(at(name))) return [] // compared as the params of its message
    const method = schema.properties?.['method']?.const
    if (method !== undefined && !/^(Client|Server)/.test(name)) {
      const row = VOCABULARY.find((one) => one.method === method && within(revision, one.first, one.last))
      if (row === undefined || schema.properties?.['params'] === undefined) throw new Error(`${revision.id} lacks the method of ${name}`)
      const envelope = at(row.kind === 'notification' ? 'JSONRPCNotification' : 'JSONRPCRequest', '/properties/params')
      return [{ label: `params of ${name}`, ours: row.params, official: [at(name, '/properties/params'), envelope] }]
    }
    const code = schema.properties?.['error']?.allOf?.[1]?.properties?.['code']?.const
    const data = ERROR_DATA.find(([one, first, last]) => one === code && within(revision, first, last))
    if (data !== undefined) {
      return [{ label: `data of ${name}`, ours: data[3], official: [at(name, '/properties/error/allOf/1/properties/data')] }]
    }
    const ours = RENAMED[`${revision.id} ${name}`] ?? name
    if (definition(ours, revision) !== undefined) return [{ label: name, ours, official: [at(name)] }]
    const reason = NOT_COMPARED.find(([pattern]) => pattern.test(name))
    if (reason === undefined) throw new Error(`${revision.id} ${name} is neither compared nor left out for a reason`)
    leftOut.add(reason[0])
    return []
  })
}

/** The compiled checks that the build made of one of our schemas. */
const compiledFrom = (name: string, revision: Revision): Check[] =>
  VOCABULARY.filter((row) => within(revision, row.first, row.last)).flatMap((row) =>
    [serverChecks(revision, row.method), clientChecks(revision, row.method)].flatMap((checks) => [
      row.params === name ? checks?.params : undefined,
      row.result === name ? checks?.result : undefined,
    ])).filter((check) => check !== undefined)

const leftOut = new Set<RegExp>()
const needed = new Set<string>()

for (const revision of REVISIONS) {
  t.test(`${revision.id} schema.json  ours give the same verdict on its messages, and on each with one member gone or changed`, {
    skip,
  }, async (t) => {
    const document = load(revision)
    const options = { strict: false, validateFormats: false, logger: false, messages: false } as const
    const theirs = document.$schema?.includes('2020-12') ? new Ajv2020(options) : new Ajv(options)
    theirs.addSchema(document, 'official')
    const resolve = (ref: string): Node =>
      ref.split('/').slice(1).reduce<unknown>((node, step) => (node as Readonly<Record<string, unknown>>)[step], document) as Node
    const own = new Ajv2020({ strict: true, allowUnionTypes: true, discriminator: true, messages: false })

    for (const { label, ours, official } of pairsOf(revision, document, leftOut)) {
      const validate = own.compile(schemaOf(ours, revision))
      const validators = official.map((pointer) => theirs.getSchema(`official${pointer}`)!)
      const compiled = compiledFrom(ours, revision)
      const wrong: string[] = []
      let compared = 0
      const look = (value: unknown, sample: boolean, { pointer, change }: Change): void => {
        compared++
        const [us, them] = [validate(value), validators.every((one) => one(value))]
        if (sample && !them) wrong.push('a sample is not valid officially')
        // Methods that share a schema share its validator: all of them see the samples, one sees every change.
        const astray = compiled.slice(0, sample ? undefined : 1).some((check) => (check(value) === undefined) !== us)
        if (astray) wrong.push(`${pointer} ${change}: the compiled one differs`)
        if (us === them) return
        const excuse = DIFFERENCES.find((one) =>
          one.revisions.includes(revision.id) && one.pointer.test(pointer) && one.change.test(change) && one.ours === us)
        if (excuse === undefined) wrong.push(`${pointer} ${change}: ours ${String(us)}, official ${String(them)}`)
        else needed.add(`${revision.id} ${excuse.why}`)
      }
      for (const sample of samplesOf({ $ref: official[0]! }, resolve)) {
        look(sample.value, true, { pointer: '', change: 'nothing' })
        eachChange(sample, (change, value) => look(value, false, change))
      }
      t.same(wrong.slice(0, 10), [], `${label}: ${compared} values`)
      t.ok(compared > 5, `${label}: something was compared`)
    }
  })

  t.test(`${revision.id} schema.json  the vocabulary has its methods, each from the same sender, and no other`, { skip }, async (t) => {
    const document = load(revision)
    const definitions = definitionsOf(document)
    const methodsIn = (union: string): string[] => {
      const schema = definitions[union]
      if (schema === undefined) return []
      const members = schema.anyOf?.map((one) => definitions[one.$ref!.split('/').at(-1)!]!) ?? [schema]
      return members.map((one) => String(one.properties!['method']!.const)).sort()
    }
    const spoken = (sender: Sender, kind: string): string[] =>
      spokenBy(revision, sender).filter((row) => row.kind === kind).map((row) => row.method).sort()
    t.same(spoken('client', 'request'), methodsIn('ClientRequest'), 'requests of clients')
    t.same(spoken('server', 'request'), methodsIn('ServerRequest'), 'requests of servers')
    t.same(spoken('client', 'notification'), methodsIn('ClientNotification'), 'notifications of clients')
    t.same(spoken('server', 'notification'), methodsIn('ServerNotification'), 'notifications of servers')
    t.same(spoken('server', 'input'), methodsIn('InputRequest'), 'what servers ask inside results')
  })
}

t.test('every difference and every definition left out is still there', { skip }, async (t) => {
  for (const { why, revisions } of DIFFERENCES) {
    for (const id of revisions) t.ok(needed.has(`${id} ${why}`), `${id}: ${why}`)
  }
  for (const [pattern, why] of NOT_COMPARED) t.ok(leftOut.has(pattern), `${String(pattern)}: ${why}`)
})
