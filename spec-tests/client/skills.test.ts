/** Skills from the client's side: what is listed, what is read, and that neither is trusted for the other (SEP-2640). */
import t from 'tap'
import { connect, type Client } from '../../lib/client.js'
import { frontMatterOf } from '../../lib/extensions/front-matter.js'
import { addSkills } from '../../lib/extensions/skills.js'
import { listSkills, loadSkill, readSkillFile, type SkillEntry } from '../../lib/extensions/skills-client.js'
import { DirectCarrier } from '../../lib/io/direct.js'
import { createServer } from '../../lib/server.js'
import { type Arrived, openModern, type Script } from './scripted.js'

const MD = '---\nname: pdf\ndescription: Fill in\n---\n\nBody.\n'
const URI = 'skill://pdf/SKILL.md'
const OTHER = 'skill://pdf/a.bin'
const digestOf = async (text: string): Promise<string> => `sha256:${Buffer.from(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))).toString('hex')}`
const entry = async (more: object = {}): Promise<SkillEntry> => ({
  uri: URI, frontmatter: { name: 'pdf', description: 'Fill in' },
  resources: [{ uri: URI, digest: await digestOf(MD), size: MD.length }, { uri: OTHER, digest: await digestOf('\u0000\u0001'), size: 2 }], ...more,
})
const reads = (text = MD): Script => arrived => {
  const { uri } = arrived.message.params as { uri: string }
  arrived.result({ resultType: 'complete', contents: [uri === URI ? { uri, text } : { uri, blob: 'AAE=' }], ttlMs: 0, cacheScope: 'private' })
}
const lists = (...pages: object[]): Script => (arrived: Arrived) => {
  const at = Number(arrived.message.params!.cursor ?? 0)
  arrived.result({ resultType: 'complete', skills: [pages[at]], ...(at + 1 < pages.length && { nextCursor: String(at + 1) }) })
}
const opened = async (t: Parameters<typeof openModern>[0], scripts: Record<string, Script>): Promise<{ client: Client; said: () => readonly string[] }> => {
  const { client, server } = await openModern(t, scripts)
  return { client, said: () => server.said.slice(1) }
}

t.test('every page of skills is listed, and no file is read', async t => {
  const { client, said } = await opened(t, { 'skills/list': lists(await entry(), await entry({ uri: 'skill://b/SKILL.md', resources: 'dynamic' })), 'resources/read': reads() })
  t.strictSame((await listSkills(client)).map(({ uri }) => uri), [URI, 'skill://b/SKILL.md'])
  t.strictSame(said(), ['skills/list', 'skills/list'])
  const round = await opened(t, { 'skills/list': arrived => arrived.result({ resultType: 'complete', skills: [], nextCursor: 'same' }) })
  t.strictSame(await listSkills(round.client), [])
  const bad = { uri: 'x', digest: 'md5:0', size: 1 }
  for (const skill of [5, {}, await entry({ frontmatter: null }), await entry({ resources: [bad] }), await entry({ resources: [{ ...bad, digest: `sha256:${'0'.repeat(64)}`, size: '1' }] })]) {
    const wrong = await opened(t, { 'skills/list': lists(skill as object) })
    await t.rejects(listSkills(wrong.client), { name: 'InvalidMessage', message: /is no skill; expected uri, frontmatter and resources/ })
  }
})

t.test('a skill that is what was listed is loaded, and its files after it', async t => {
  const { client } = await opened(t, { 'resources/read': reads() })
  const listed = await entry()
  t.equal(await loadSkill(client, listed), MD)
  t.strictSame([...await readSkillFile(client, listed, OTHER)], [0, 1])
  t.equal(await loadSkill(client, await entry({ resources: 'dynamic' })), MD, 'nothing is promised of what changes, but its front matter')
})

t.test('a size, a digest or a front matter that differs refuses the skill, and so does a file that was not listed', async t => {
  const load = async (text: string, more: object = {}): Promise<string> => loadSkill((await opened(t, { 'resources/read': reads(text) })).client, await entry(more))
  const promised = async (text: string): Promise<object> => ({ resources: [{ uri: URI, digest: await digestOf(text), size: new TextEncoder().encode(text).length }] })
  await t.rejects(load(`${MD}more`), { name: 'SkillMismatch', what: 'size', message: `${URI}: it has ${MD.length + 4} bytes; ${MD.length} were listed` })
  await t.rejects(load(MD.replace('Body', 'Evil')), { name: 'SkillMismatch', what: 'digest' })
  const texts = [MD.replace('Fill in', 'Fill out'), MD.replace('name: pdf', 'name: pdf\nlicense: MIT'), MD.replace('description: Fill in\n', ''), 'no front matter', MD.replace('Fill in', '[Fill, in]'), MD.replace('Fill in', 'Fill in\nname: twice')]
  for (const text of texts) await t.rejects(load(text, await promised(text)), { name: 'SkillMismatch', what: 'frontmatter' }, text)
  const { client, said } = await opened(t, { 'resources/read': reads() })
  await t.rejects(readSkillFile(client, await entry(), 'skill://pdf/other'), { name: 'SkillMismatch', what: 'unlisted' })
  await t.rejects(readSkillFile(client, await entry({ resources: 'dynamic' }), 'file:///etc/passwd'), { name: 'SkillMismatch', what: 'unlisted' })
  t.strictSame(said(), [], 'what was not listed is not asked for')
})

t.test('our server\'s skills are what they are listed as, in every revision', async t => {
  for (const revision of ['2025-06-18', '2025-11-25', '2026-07-28']) {
    const server = createServer({ name: 's', version: '1' })
    addSkills(server, [{ name: 'review', description: 'Reviews: "code", carefully', metadata: { license: 'MIT' }, instructions: 'Do é.', files: { 'a/b.txt': { content: 'é' }, 'c.bin': { content: new Uint8Array([0, 255]), mimeType: 'application/octet-stream' } } }])
    const client = await connect(new DirectCarrier(server), { info: { name: 'c', version: '1' }, revision })
    const [skill] = await listSkills(client)
    t.match(await loadSkill(client, skill!), /Do é\.\n$/)
    t.strictSame([...await readSkillFile(client, skill!, 'skill://review/c.bin')], [0, 255])
    t.equal(new TextDecoder().decode(await readSkillFile(client, skill!, 'skill://review/a/b.txt')), 'é')
    await client.close()
  }
})

t.test('front matter: scalars plain, quoted and in blocks, and members of members; the rest of YAML is refused', async t => {
  const read = (yaml: string): unknown => frontMatterOf(`---\n${yaml}\n---\nbody`)
  t.strictSame(read('a: plain text # note\nb: "q\\n\\"x\\""\nc: \'it\'\'s\'\nd: 5\ne: true\nf: ~\ng:\n# note\nh: a:b # c\ni: -1.5e3'), { a: 'plain text', b: 'q\n"x"', c: 'it\'s', d: 5, e: true, f: null, g: null, h: 'a:b', i: -1500 })
  t.strictSame(read('metadata:\n  author: me\n  deep:\n    x: 1\nlast: y'), { metadata: { author: 'me', deep: { x: 1 } }, last: 'y' })
  t.strictSame(read('a: |\n  one\n    two\n\n  three\nb: >-\n  one\n  two\n\n  three\nc: x'), { a: 'one\n  two\n\nthree\n', b: 'one two\nthree', c: 'x' })
  t.strictSame(frontMatterOf('\ufeff---\r\na: b\r\n---\r\n'), { a: 'b' })
  t.strictSame(Object.keys(frontMatterOf('---\n__proto__: x\n---\n')), ['__proto__'])
  for (const yaml of ['a: [1]', 'a: {b: c}', 'a: &x y', 'a: *x', 'a: !!str x', '- a', 'a: b\n  c: d', 'a: b: c', 'a: "open', 'a: \'open', 'a: b\na: c', '\ta: b', 'just text', 'a: "\\x41"', '? a', 'a: @b']) t.throws(() => read(yaml), SyntaxError, yaml)
  for (const text of ['', 'a: b', '---\na: b\n', 'x\n---\na: b\n---\n']) t.throws(() => frontMatterOf(text), SyntaxError, text)
})
