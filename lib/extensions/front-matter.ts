/**
 * The front matter of a SKILL.md, read without a YAML library: members with plain, quoted or block scalars, and members of members. That is
 * what skills use; anything else is refused rather than guessed, since what is read here is compared with what was promised. No I/O.
 */

export type FrontMatter = { readonly [member: string]: string | number | boolean | null | FrontMatter }

interface Line {
  readonly indent: number
  readonly text: string
}

/** @throws SyntaxError for text without front matter, and for YAML that is not read here */
export const frontMatterOf = (markdown: string): FrontMatter => {
  const found = /^\ufeff?---[ \t]*\r?\n([\s\S]*?)^---[ \t]*(\r?\n|$)/m.exec(markdown)
  if (!found || found.index !== 0) throw new SyntaxError('there is no front matter; expected a block between lines of ---')
  const lines = found[1]!.split(/\r?\n/).slice(0, -1).map(line => ({ indent: line.length - line.trimStart().length, text: line.trim() }))
  if (lines.some(({ text }) => text.startsWith('\t'))) throw new SyntaxError('front matter: expected spaces, not tabs')
  const rest = [...lines]
  const read = membersOf(rest, 0)
  if (rest.length > 0) throw unreadable(rest[0]!)
  return read
}

const unreadable = ({ text }: Line): SyntaxError => new SyntaxError(`front matter: ${JSON.stringify(text.slice(0, 60))} is not read here; expected "name: value"`)
const skipped = ({ text }: Line): boolean => text === '' || text.startsWith('#')

/** Takes the members at this indent off the front. */
const membersOf = (lines: Line[], indent: number): FrontMatter => {
  const members = new Map<string, FrontMatter[string]>()
  for (let line = lines[0]; line !== undefined; line = lines[0]) {
    if (skipped(line)) {
      lines.shift()
      continue
    }
    if (line.indent < indent) break
    const [, name, value = ''] = /^("[^"\\]*"|'[^']*'|[A-Za-z0-9_.-]+):(?:\s+(.*))?$/.exec(line.text) ?? []
    if (line.indent > indent || name === undefined) throw unreadable(line)
    lines.shift()
    const key = name.replace(/^["']|["']$/g, '')
    if (members.has(key)) throw new SyntaxError(`front matter: ${key} is given twice`)
    members.set(key, valueOf(value, line, lines))
  }
  return Object.fromEntries(members)
}

const valueOf = (value: string, line: Line, lines: Line[]): FrontMatter[string] => {
  if (/^[|>][+-]?(\s+#.*)?$/.test(value)) return blockOf(value, line, lines)
  if (value !== '' && !value.startsWith('#')) return scalarOf(value, line)
  const next = lines.find(one => !skipped(one))
  return next && next.indent > line.indent ? membersOf(lines, next.indent) : null
}

/** YAML 1.2.2, 8.1: literal keeps its line ends, folded makes them spaces. */
const blockOf = (header: string, line: Line, lines: Line[]): string => {
  const taken: Line[] = []
  while (lines[0] && (lines[0].text === '' || lines[0].indent > line.indent)) taken.push(lines.shift()!)
  const base = Math.min(...taken.filter(({ text }) => text !== '').map(({ indent }) => indent))
  const text = taken.map(one => (one.text === '' ? '' : ' '.repeat(one.indent - base) + one.text)).join('\n').replace(/\n+$/, '')
  const whole = header.startsWith('|') ? text : text.replace(/([^\n])\n(?=[^\n ])/g, '$1 ').replace(/\n\n/g, '\n')
  return header[1] === '-' ? whole : `${whole}\n`
}

/** YAML 1.2.2, 10.3.2: what a plain scalar is, by its looks. */
const scalarOf = (value: string, line: Line): string | number | boolean | null => {
  if (value.startsWith('"')) {
    const quoted = /^("(?:[^"\\]|\\.)*")(\s+#.*)?$/.exec(value)?.[1]
    try {
      return JSON.parse(quoted ?? '') as string
    } catch {
      throw unreadable(line)
    }
  }
  if (value.startsWith('\'')) {
    const quoted = /^'((?:[^']|'')*)'(\s+#.*)?$/.exec(value)?.[1]
    if (quoted === undefined) throw unreadable(line)
    return quoted.replaceAll('\'\'', '\'')
  }
  const plain = value.replace(/\s+#.*$/, '')
  if (/^[[\]{}&*!|>%@`,]|^[-?:]\s|:\s|:$/.test(plain)) throw unreadable(line)
  if (/^(true|True|TRUE|false|False|FALSE)$/.test(plain)) return plain.toLowerCase() === 'true'
  if (/^(null|Null|NULL|~)$/.test(plain)) return null
  return /^[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?$/.test(plain) ? Number(plain) : plain
}
