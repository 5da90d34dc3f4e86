/**
 * Patterns matched in time that grows with the text, whatever the pattern: every way to match is followed at once, a character at a time, where
 * RegExp tries one after the other and can take for ever over forty characters. Answers what `new RegExp(source, 'u').test(text)` would.
 * The ways open at a place are a state; states are found once and kept (R. Cox, Regular Expression Matching Can Be Simple And Fast). No I/O.
 */
import { readPattern, type Part, type Place } from './pattern.js'

/** Steps of a pattern with its repetitions written out. Beyond it the pattern is not taken. */
export const MAX_PATTERN_STEPS = 10_000
/** Steps worked out for one text, those remembered not counted: about half a second. Beyond it the text is not matched. */
export const MAX_MATCH_WORK = 10_000_000

/** States kept at a time. */
const MAX_STATES = 2000
/** Code points remembered with their kind. */
const MAX_POINTS = 65_536
/** Each has a bit in the marks of a place, beside those of PLACES. */
const MAX_LOOKS = 24

const PLACES: { readonly [P in Place]: number } = { start: 1, end: 2, edge: 4 }

/** A step that waits for a character of a set, one that wants a mark or its absence, or a parting of ways. */
type Step = Waiting | { readonly mark: number; readonly wanted: boolean; readonly next: number } | Parting
interface Waiting { readonly set: number; readonly next: number }
interface Parting { ways: readonly number[] }

/** Says nothing of whether the text matches. */
export class TooMuchWork extends Error {
  override readonly name = 'TooMuchWork'
}

/** A pattern, ready to be held against texts. */
export class Matcher {
  readonly #sets: RegExp[] = []
  /** A kind's first member is not about a set: the first set is 1. */
  readonly #setBySource = new Map<string, number>()
  readonly #runs: Run[] = []
  readonly #looks = new Map<Part, number>()
  /** Kinds of code points: whether they are of a word, and of each set. */
  readonly #kinds: boolean[][] = []
  readonly #kindByMembers = new Map<string, number>()
  readonly #kindByPoint = new Map<number, number>()
  #steps = 0
  /** The marks that some step wants to know. */
  #wanted = 0

  /** @throws TypeError when the pattern is none, or none that can be matched so: a sentence that begins with a verb */
  constructor(readonly source: string) {
    try {
      new RegExp(source, 'u')
    } catch {
      throw new TypeError('is not a regular expression')
    }
    this.#add(readPattern(source), 0, false)
  }

  /** @throws TooMuchWork beyond `MAX_MATCH_WORK` */
  test(text: string): boolean {
    const kinds = this.#kindsOf(text)
    const marks = new Uint32Array(kinds.length + 1)
    marks[0]! |= PLACES.start
    marks[kinds.length]! |= PLACES.end
    if (this.#wanted & PLACES.edge) {
      const isWord = (at: number): boolean => at >= 0 && at < kinds.length && this.#kinds[kinds[at]!]![0]!
      for (let at = 0; at <= kinds.length; at++) if (isWord(at - 1) !== isWord(at)) marks[at]! |= PLACES.edge
    }
    const work = { left: MAX_MATCH_WORK }
    return this.#runs.map(run => run.over(kinds, marks, this.#wanted, work)).at(-1)!
  }

  /** What ajv tells patterns apart by. */
  toString(): string {
    return `/${this.source}/u`
  }

  #kindsOf(text: string): Uint32Array {
    const kinds = new Uint32Array(text.length)
    let length = 0
    for (let at = 0; at < text.length; length++) {
      const point = text.codePointAt(at)!
      at += point > 0xffff ? 2 : 1
      kinds[length] = this.#kindByPoint.get(point) ?? this.#learn(point)
    }
    return kinds.subarray(0, length)
  }

  #learn(point: number): number {
    const char = String.fromCodePoint(point)
    const members = [/\w/.test(char), ...this.#sets.map(set => set.test(char))]
    const key = members.map(Number).join('')
    let kind = this.#kindByMembers.get(key)
    if (kind === undefined) this.#kindByMembers.set(key, (kind = this.#kinds.push(members) - 1))
    if (this.#kindByPoint.size >= MAX_POINTS) this.#kindByPoint.clear()
    this.#kindByPoint.set(point, kind)
    return kind
  }

  /** Writes out the steps of a part, from what follows to what goes before; what it looks for inside is added first, and so runs first. */
  #add(part: Part, mark: number, backwards: boolean): void {
    const steps: Step[] = [{ ways: [] }]
    const push = (step: Step): number => steps.push(step) - 1
    const want = (place: number, wanted: boolean, next: number): number => {
      this.#wanted |= place
      return push({ mark: place, wanted, next })
    }
    const emit = (one: Part, next: number): number => {
      if (++this.#steps > MAX_PATTERN_STEPS) throw new TypeError(`comes to more than ${MAX_PATTERN_STEPS} steps with its repetitions written out`)
      switch (one.kind) {
        case 'set':
          return push({ set: this.#setOf(one.source), next })
        case 'all':
          return backwards ? one.of.reduce((then, each) => emit(each, then), next) : one.of.reduceRight((then, each) => emit(each, then), next)
        case 'any':
          return push({ ways: one.of.map(each => emit(each, next)) })
        case 'at':
          return want(PLACES[one.place], one.wanted, next)
        case 'look':
          return want(this.#lookFor(one.part, one.ahead), one.wanted, next)
        case 'repeat': {
          let then = next
          if (one.max === Infinity) {
            const again: Parting = { ways: [] }
            then = push(again)
            again.ways = [emit(one.part, then), next]
          } else for (let i = one.min; i < one.max; i++) then = push({ ways: [emit(one.part, then), next] })
          for (let i = 0; i < one.min; i++) then = emit(one.part, then)
          return then
        }
      }
    }
    const start = emit(part, MATCHED)
    this.#runs.push(new Run(steps, start, mark, backwards, this.#kinds))
  }

  /** The mark of the places that `part` follows, or precedes. To look ahead is to run backwards from every place. */
  #lookFor(part: Part, ahead: boolean): number {
    let mark = this.#looks.get(part)
    if (mark !== undefined) return mark
    if (this.#looks.size === MAX_LOOKS) throw new TypeError(`looks ahead or behind more than ${MAX_LOOKS} times`)
    this.#looks.set(part, (mark = 8 << this.#looks.size))
    this.#add(part, mark, ahead)
    return mark
  }

  #setOf(source: string): number {
    let set = this.#setBySource.get(source)
    if (set === undefined) this.#setBySource.set(source, (set = this.#sets.push(new RegExp(`^${source}$`, 'u'))))
    return set
  }
}

/** The step of which nothing more is wanted. */
const MATCHED = 0

/** Steps reached at one place. */
interface State {
  readonly reached: readonly number[]
  /** By the marks of the place. */
  readonly open: Map<number, Open>
}

/** What a state comes to at a place with certain marks: matched or not, and what waits for a character. */
interface Open {
  readonly matched: boolean
  readonly waiting: readonly Waiting[]
  /** By the kind of the character that comes. */
  readonly then: Map<number, State>
}

/** A pattern, or what one looks for inside, on its way over a text. */
class Run {
  readonly #states = new Map<string, State>()

  /** @param mark set where it matches; 0: to match anywhere is to be done */
  constructor(
    private readonly steps: readonly Step[], private readonly start: number, private readonly mark: number, private readonly backwards: boolean,
    private readonly kinds: readonly (readonly boolean[])[],
  ) {}

  over(text: Uint32Array, marks: Uint32Array, wanted: number, work: { left: number }): boolean {
    let state = this.#state([])
    for (let passed = 0; passed <= text.length; passed++) {
      const at = this.backwards ? text.length - passed : passed
      const here = marks[at]! & wanted
      let open = state.open.get(here)
      if (!open) state.open.set(here, (open = this.#open(state, here, work)))
      if (open.matched && this.mark === 0) return true
      if (open.matched) marks[at]! |= this.mark
      if (passed === text.length) break
      const kind = text[this.backwards ? at - 1 : at]!
      let then = open.then.get(kind)
      if (!then) open.then.set(kind, (then = this.#step(open, kind, work)))
      state = then
    }
    return false
  }

  /** Goes on to all that needs no character. A match may begin at any place. */
  #open(state: State, marks: number, work: { left: number }): Open {
    const left = [this.start, ...state.reached]
    const met = new Set<number>()
    const waiting: Waiting[] = []
    for (let at = left.pop(); at !== undefined; at = left.pop()) {
      if (met.has(at)) continue
      met.add(at)
      const step = this.steps[at]!
      if ('set' in step) waiting.push(step)
      else if ('ways' in step) left.push(...step.ways)
      else if ((marks & step.mark) !== 0 === step.wanted) left.push(step.next)
    }
    spend(work, met.size)
    return { matched: met.has(MATCHED), waiting, then: new Map() }
  }

  #step({ waiting }: Open, kind: number, work: { left: number }): State {
    spend(work, waiting.length)
    const members = this.kinds[kind]!
    return this.#state([...new Set(waiting.filter(({ set }) => members[set]).map(({ next }) => next))].sort((a, b) => a - b))
  }

  #state(reached: readonly number[]): State {
    const key = reached.join()
    let state = this.#states.get(key)
    if (state) return state
    if (this.#states.size >= MAX_STATES) this.#states.clear()
    this.#states.set(key, (state = { reached, open: new Map() }))
    return state
  }
}

const spend = (work: { left: number }, steps: number): void => {
  if ((work.left -= steps) < 0) throw new TooMuchWork(`takes more than ${MAX_MATCH_WORK} steps to match against its pattern`)
}

/** Why a pattern cannot be held against anything. `undefined`: it can. */
export const faultOf = (source: string): string | undefined => {
  try {
    new Matcher(source)
    return undefined
  } catch (error) {
    return (error as TypeError).message
  }
}
