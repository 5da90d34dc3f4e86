/** How verdicts are shown: for a person, as TAP, as JSON lines; and as a JUnit file. */
import { writeFile } from 'node:fs/promises'
import { coverageOf, isStrict, ROLES } from '../replay/coverage.js'
import type { Suite } from '../replay/load.js'
import { describeMiss, describeSaid, TAP_HEAD, tapPlan, tapPoint, type Verdict } from '../replay/report.js'
import { harmless } from './print.js'

export type Form = 'person' | 'tap' | 'json'

/** A verdict, and what the run makes of it. */
export interface Judged {
  readonly verdict: Verdict
  /** It fails the run: missed and not expected to be, or the other way round. */
  readonly wrong: boolean
  /** What an expectation says of it. */
  readonly aside?: string
}

export interface Reporter {
  judged(judged: Judged): void
  /** Writes what is left to say, and the JUnit file if one is wanted. Settles with true when nothing was wrong. */
  end(junit: string | undefined): Promise<boolean>
}

/**
 * @param total how many verdicts are to come, for the line of progress on a terminal
 * @param isWhole every case is played that can be: what that says of sentences is said at the end
 */
export const reporterOf = (form: Form, suite: Suite, total: number, out: NodeJS.WriteStream, isWhole = false): Reporter => {
  const line = (text: string): void => void out.write(`${text}\n`)
  const all: Judged[] = []
  const forms: { readonly [F in Form]: { judged(judged: Judged): void; end(): void } } = {
    tap: {
      judged: judged => {
        if (all.length === 1) line(TAP_HEAD)
        line(asTap(judged, all.length))
      },
      end: () => line(tapPlan(all.length)),
    },
    json: {
      judged: ({ verdict, aside }) => line(JSON.stringify(aside === undefined ? verdict : { ...verdict, aside })),
      end: () => {},
    },
    person: {
      judged: judged => {
        const { verdict: { outcome, revision, id }, aside } = judged
        if (out.isTTY) out.write(`\r\u001b[K${`${all.length}/${total} ${revision} ${id}`.slice(0, out.columns - 1)}`)
        if (outcome === 'pass' && aside === undefined) return
        if (out.isTTY) out.write('\r\u001b[K')
        line(inWords(judged, suite))
      },
      end: () => {
        if (out.isTTY) out.write('\r\u001b[K')
        for (const text of [...summary(all), ...(isWhole ? sentences(all, suite) : [])]) line(text)
      },
    },
  }
  return {
    judged: judged => {
      all.push(judged)
      forms[form].judged(judged)
    },
    end: async junit => {
      forms[form].end()
      if (junit !== undefined) await writeFile(junit, asJunit(all))
      return !all.some(({ wrong }) => wrong)
    },
  }
}

/** What fails the run is `not ok`; what was expected to fail is a TODO. */
const asTap = ({ verdict, wrong, aside }: Judged, number: number): string => {
  const [point, ...diagnostics] = tapPoint(verdict, number).split('\n')
  const judged = point!.replace(/^(not )?ok/, wrong || verdict.outcome === 'fail' ? 'not ok' : 'ok')
  const directive = aside === undefined ? '' : wrong ? ` (${aside})` : ` # TODO ${aside}`
  return [judged.replace(/ # WARN$/, aside === undefined ? '$&' : '') + directive, ...diagnostics].join('\n')
}

const WORD: { readonly [O in Verdict['outcome']]: string } = { pass: 'PASS', fail: 'FAIL', warn: 'WARN', note: 'NOTE', skip: 'SKIP' }

/** What was missed, in a form that can be pasted into an issue: the case, the sentences it shows, what was said, what was wrong. */
const inWords = ({ verdict, aside }: Judged, suite: Suite): string => {
  const { id, revision, title, outcome, misses, transcript } = verdict
  const head = `${WORD[outcome]} ${id} @${revision}: ${title}${aside === undefined ? '' : ` (${aside})`}`
  if (outcome === 'pass') return head
  // Nothing was said: what there is to know is why.
  if (outcome === 'skip' || transcript.length === 0) return [head, ...misses.map(({ sentence }) => `  ${shown(sentence)}`)].join('\n')
  const cited = suite.cases.find(one => one.id === id)?.clauses ?? []
  const clauses = cited.flatMap(clause => (suite.clauses.get(clause) ?? []).filter(({ since, until }) => inRange(suite, revision, since, until)))
  return [
    head,
    ...clauses.map(({ keyword, sentence, source, id: of }) => `  ${keyword} ${of}: ${sentence} (${source})`),
    ...transcript.map(said => `    ${shown(describeSaid(said))}`),
    ...misses.map(miss => `  ${shown(describeMiss(miss))}`),
  ].join('\n')
}

const inRange = (suite: Suite, revision: string, since: string, until: string): boolean => {
  const at = (date: string): number => suite.revisions.findIndex(row => row.revision === date)
  return at(since) <= at(revision) && at(revision) <= at(until)
}

const shown = (text: string): string => text.split('\n').map(harmless).join('\n    ')

const COUNTED: { readonly [O in Exclude<Verdict['outcome'], 'pass'>]: string } = { fail: 'failed', warn: 'warned', note: 'noted', skip: 'skipped' }

const summary = (all: readonly Judged[]): string[] => {
  const counts = (judged: readonly Judged[]): string => {
    const count = (outcome: Verdict['outcome']): number => judged.filter(({ verdict }) => verdict.outcome === outcome).length
    const others = (['fail', 'warn', 'note', 'skip'] as const).filter(outcome => outcome === 'fail' || count(outcome) > 0)
    return [`${count('pass')} passed`, ...others.map(outcome => `${count(outcome)} ${COUNTED[outcome]}`)].join(', ')
  }
  const revisions = [...new Set(all.map(({ verdict }) => verdict.revision))]
  const foreseen = all.filter(({ wrong, aside }) => aside !== undefined && !wrong).length
  const surprising = all.filter(({ wrong, aside }) => aside !== undefined && wrong).length
  return [
    ...(revisions.length > 1 ? revisions.map(revision => `${revision}: ${counts(all.filter(({ verdict }) => verdict.revision === revision))}`) : []),
    `${revisions.length === 1 ? `${revisions[0]}: ` : ''}${counts(all)}`,
    ...(foreseen > 0 ? [`of these, ${foreseen} were expected to fail`] : []),
    ...(surprising > 0 ? [`${surprising} passed that were expected to fail: take them out of the list`] : []),
    ...wanting(all),
  ]
}

/** What the server did not offer, and how many cases failed or were skipped for it. */
const wanting = (all: readonly Judged[]): string[] => {
  const silent = all.filter(({ verdict }) => verdict.transcript.length === 0).flatMap(({ verdict }) => verdict.misses.map(({ sentence }) => sentence))
  const counted = (reason: RegExp): string => {
    const needs = silent.flatMap(sentence => reason.exec(sentence)?.[1]?.split(', ') ?? [])
    return [...new Set(needs)].map(need => `${need} (${needs.filter(other => other === need).length})`).join(', ')
  }
  const tools = counted(/^the server does not offer what this case needs: (.*)$/)
  const free = counted(/^not offered: (.*)$/)
  return [
    ...(tools ? [`not offered, and needed: ${tools}. fixtures/README.md says what a server under test offers`] : []),
    ...(free ? [`not offered, and so not judged: ${free}`] : []),
  ]
}

/** For each revision and role: of the sentences with MUST that a peer can see obeyed, how many were. */
const sentences = (all: readonly Judged[], suite: Suite): string[] => {
  const outcomes = new Map(all.map(({ verdict: { id, revision, outcome } }) => [`${id} @${revision}`, outcome]))
  const covered = coverageOf(suite).filter(({ clause }) => isStrict(clause))
  const played = [...new Set(all.map(({ verdict }) => verdict.revision))]
  return played.flatMap(revision => ROLES.flatMap(role => {
    const due = covered.filter(one => one.revision === revision && one.role === role)
    const seen = due.map(({ cases }) => cases.map(({ id }) => outcomes.get(`${id} @${revision}`)))
    if (!seen.some(of => of.some(outcome => outcome !== undefined))) return []
    const missed = seen.filter(of => of.includes('fail')).length
    const hold = seen.filter(of => !of.includes('fail') && of.includes('pass')).length
    const otherwise = due.filter(({ cases, instead }) => cases.length === 0 && instead.length > 0).length
    const rest = due.length - missed - hold - otherwise
    return [[
      `${revision}, ${role}: of ${due.length} sentences with MUST that a peer can see obeyed, ${hold} hold`,
      ...(missed > 0 ? [`${missed} are missed`] : []),
      ...(rest > 0 ? [`${rest} were not shown`] : []),
      ...(otherwise > 0 ? [`${otherwise} are no case's but a test's of mcpwire itself, or have a reason`] : []),
    ].join(', ')]
  }))
}

const xml = (text: string): string => text.replace(/[<>&"']/g, c => `&#${c.charCodeAt(0)};`).replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')

const asJunit = (all: readonly Judged[]): string => {
  const cases = all.map(({ verdict, wrong, aside }) => {
    const { id, revision, outcome, misses, transcript, tookMs } = verdict
    const missed = xml(aside !== undefined && wrong ? aside : misses.map(describeMiss).join('; '))
    const said = xml(transcript.map(describeSaid).join('\n'))
    const body = wrong ? `<failure message="${missed}">${said}</failure>`
      : outcome === 'skip' || aside !== undefined ? `<skipped message="${missed}"/>`
        : outcome === 'pass' ? '' : `<system-out>${missed}</system-out>`
    return `  <testcase classname="${xml(revision)}" name="${xml(id)}" time="${(tookMs / 1000).toFixed(3)}">${body}</testcase>\n`
  })
  const failures = all.filter(({ wrong }) => wrong).length
  const skipped = cases.filter(text => text.includes('><skipped')).length
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuite name="mcpwire check" tests="${all.length}" failures="${failures}" skipped="${skipped}">\n${cases.join('')}</testsuite>\n`
}
