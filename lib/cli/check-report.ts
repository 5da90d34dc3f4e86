/** How verdicts are shown: for a person, as TAP, as JSON lines; and as a JUnit file. */
import { writeFile } from 'node:fs/promises'
import type { Suite } from '../replay/load.js'
import { describeMiss, describeSaid, TAP_HEAD, tapPlan, tapPoint, type Verdict } from '../replay/report.js'
import { harmless } from './print.js'

export type Form = 'person' | 'tap' | 'json'

export interface Reporter {
  /** `aside`: what an expectation says of it. */
  verdict(verdict: Verdict, aside: string | undefined): void
  end(all: readonly Verdict[], junit: string | undefined): Promise<void>
}

export const reporterOf = (form: Form, suite: Suite, out: NodeJS.WriteStream): Reporter => {
  const line = (text: string): void => void out.write(`${text}\n`)
  let played = 0
  const forms: { readonly [F in Form]: Omit<Reporter, 'end'> & { end(all: readonly Verdict[]): void } } = {
    tap: {
      verdict: verdict => {
        if (played++ === 0) line(TAP_HEAD)
        line(tapPoint(verdict, played))
      },
      end: all => line(tapPlan(all.length)),
    },
    json: {
      verdict: (verdict, aside) => line(JSON.stringify(aside === undefined ? verdict : { ...verdict, aside })),
      end: () => {},
    },
    person: {
      verdict: (verdict, aside) => {
        if (out.isTTY) out.write(`\r\u001b[K${++played} ${verdict.revision} ${verdict.id}`)
        if (verdict.outcome === 'pass' && aside === undefined) return
        if (out.isTTY) out.write('\r\u001b[K')
        line(inWords(verdict, aside, suite))
      },
      end: all => {
        if (out.isTTY) out.write('\r\u001b[K')
        for (const text of summary(all)) line(text)
      },
    },
  }
  const { verdict, end } = forms[form]
  return {
    verdict,
    end: async (all, junit) => {
      end(all)
      if (junit !== undefined) await writeFile(junit, asJunit(all))
    },
  }
}

const WORD: { readonly [O in Verdict['outcome']]: string } = { pass: 'PASS', fail: 'FAIL', warn: 'WARN', note: 'NOTE', skip: 'SKIP' }

/** What was missed, in a form that can be pasted into an issue: the case, the sentences it shows, what was said, what was wrong. */
const inWords = (verdict: Verdict, aside: string | undefined, suite: Suite): string => {
  const { id, revision, title, outcome, misses, transcript } = verdict
  const head = `${WORD[outcome]} ${revision} ${id}: ${title}${aside === undefined ? '' : ` (${aside})`}`
  if (outcome === 'pass') return head
  if (outcome === 'skip') return `${head}\n  ${misses[0]?.sentence ?? ''}`
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

const summary = (all: readonly Verdict[]): string[] => {
  const count = (verdicts: readonly Verdict[], outcome: Verdict['outcome']): number => verdicts.filter(verdict => verdict.outcome === outcome).length
  const said = (verdicts: readonly Verdict[]): string =>
    (['fail', 'warn', 'note', 'skip'] as const).filter(outcome => count(verdicts, outcome) > 0).map(outcome => `, ${count(verdicts, outcome)} ${{ fail: 'failed', warn: 'warned', note: 'noted', skip: 'skipped' }[outcome]}`).join('')
  const revisions = [...new Set(all.map(({ revision }) => revision))]
  return [...revisions.map(revision => {
    const there = all.filter(verdict => verdict.revision === revision)
    return `${revision}: ${count(there, 'pass')} passed${said(there)}`
  }), `${count(all, 'pass')} passed, ${count(all, 'fail')} failed${said(all.filter(({ outcome }) => outcome !== 'fail'))}`]
}

const xml = (text: string): string => text.replace(/[<>&"']/g, c => `&#${c.charCodeAt(0)};`).replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')

const asJunit = (all: readonly Verdict[]): string => {
  const failures = all.filter(({ outcome }) => outcome === 'fail').length
  const skipped = all.filter(({ outcome }) => outcome === 'skip').length
  const cases = all.map(verdict => {
    const { id, revision, outcome, misses, transcript, tookMs } = verdict
    const body = outcome === 'fail'
      ? `<failure message="${xml(misses.map(describeMiss).join('; '))}">${xml(transcript.map(describeSaid).join('\n'))}</failure>`
      : outcome === 'skip' ? '<skipped/>' : outcome === 'pass' ? '' : `<system-out>${xml(misses.map(describeMiss).join('\n'))}</system-out>`
    return `  <testcase classname="${xml(revision)}" name="${xml(id)}" time="${(tookMs / 1000).toFixed(3)}">${body}</testcase>\n`
  })
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuite name="mcpwire check" tests="${all.length}" failures="${failures}" skipped="${skipped}">\n${cases.join('')}</testsuite>\n`
}
