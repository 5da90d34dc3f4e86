/** What became of a case, and how that is printed: TAP lines, one id per case and revision. */

import type { Keyword } from './case.js'

export interface Verdict {
  readonly id: string
  readonly title: string
  readonly revision: string
  /** How a miss was judged: the case's keyword, or less where the clauses in force say less. */
  readonly keyword: Keyword
  /** `warn` is a SHOULD missed, `note` a MAY that turned out otherwise, `skip` a consequence of a case that did not pass, or about what the peer does not offer. */
  readonly outcome: 'pass' | 'fail' | 'warn' | 'note' | 'skip'
  /** Empty exactly when the outcome is `pass`. */
  readonly misses: readonly Miss[]
  /** What was sent and what came, in order. */
  readonly transcript: readonly Said[]
  readonly tookMs: number
}

export interface Miss {
  readonly keyword: Keyword
  /** Position in the case's steps, from 0. Absent when no step is to blame. */
  readonly step?: number
  /** What was expected and what was seen. */
  readonly sentence: string
}

export interface Said {
  readonly by: 'runner' | 'peer'
  /** Name of the exchange, or its number. */
  readonly exchange: string
  readonly text: string
}

/** The version line. */
export const TAP_HEAD = 'TAP version 14'

/** One test point, with what was missed and the conversation as diagnostics unless it passed. `number` counts from 1. */
export const tapPoint = (verdict: Verdict, number: number): string => {
  const { id, revision, keyword, outcome, title } = verdict
  const ok = outcome === 'fail' ? 'not ok' : 'ok'
  const asides = { pass: '', fail: '', warn: ' # WARN', note: ' # NOTE', skip: ` # SKIP ${verdict.misses[0]?.sentence ?? ''}` }
  const point = `${ok} ${number} - ${id} @${revision} ${plain(title)}${asides[outcome]}`
  if (outcome === 'pass' || outcome === 'skip') return point
  const diagnostics = { keyword, misses: verdict.misses.map(describeMiss), transcript: verdict.transcript.map(describeSaid) }
  return [point, '  ---', ...yaml(diagnostics), '  ...'].join('\n')
}

/** The plan line, which may come last. */
export const tapPlan = (count: number): string => `1..${count}`

/** One sentence per miss, as a person reads it. */
export const describeMiss = ({ step, sentence, keyword }: Miss): string =>
  step === undefined ? `${keyword}: ${sentence}` : `${keyword}, step ${step + 1}: ${sentence}`

/** One line of a conversation: `>` is sent, `<` is received. */
export const describeSaid = ({ by, exchange, text }: Said): string => `${by === 'runner' ? '>' : '<'} [${exchange}] ${text}`

/** A hash sign starts a directive, so none may stand in a description. */
const plain = (title: string): string => title.replaceAll('#', '\\#')

/** JSON strings are YAML strings. */
const yaml = (diagnostics: { readonly keyword: Keyword; readonly misses: readonly string[]; readonly transcript: readonly string[] }) => [
  `  keyword: ${diagnostics.keyword}`,
  '  misses:', ...diagnostics.misses.map(line => `    - ${JSON.stringify(line)}`),
  '  transcript:', ...diagnostics.transcript.map(line => `    - ${JSON.stringify(line)}`),
]
