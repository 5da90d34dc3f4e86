/** What a measurement comes to, and how it is shown. */

export interface Row {
  readonly lane: string
  /** Of `median`, `min`, `max` and `target`: the subject by the floor, or for `ms` the subject less the floor. */
  readonly unit: 'ratio' | 'ms' | 'heap'
  readonly median: number
  readonly min: number
  readonly max: number
  /** At most this; absent where nothing is aimed at. */
  readonly target?: number
  /** Medians of either side: microseconds of CPU per request, milliseconds to listening, or bytes of heap per stream. */
  readonly floor: number
  readonly subject: number
}

/** `values` are the rounds' results in `unit`; the other two lists are what each side cost in its windows. */
export const summarise = (
  lane: string,
  unit: Row['unit'],
  target: number | undefined,
  values: readonly number[],
  floors: readonly number[],
  subjects: readonly number[],
): Row => ({
  lane,
  unit,
  median: median(values),
  min: Math.min(...values),
  max: Math.max(...values),
  ...(target === undefined ? {} : { target }),
  floor: median(floors),
  subject: median(subjects),
})

export const printHead = (subject: string): void => print(['lane', subject, 'min – max', 'target', 'floor costs', `${subject} costs`])

export const printRow = ({ lane, unit, median, min, max, target, floor, subject }: Row): void => {
  const say = (value: number): string => unit !== 'ms' ? value.toFixed(2) : `${value < 0 ? '' : '+'}${value.toFixed(0)} ms`
  const cost = (value: number): string => unit === 'ratio' ? `${value.toFixed(1)} µs` : unit === 'heap' ? `${(value / 1024).toFixed(1)} KiB` : `${value.toFixed(0)} ms`
  const aim = target === undefined ? '' : `≤ ${say(target)} ${median <= target ? 'met' : 'missed'}`
  print([lane, say(median), `${say(min)} – ${say(max)}`, aim, cost(floor), cost(subject)])
}

const WIDTHS = [-14, 10, 20, 18, 13, 13] as const

const print = (cells: readonly string[]): void => console.log(WIDTHS.map((width, column) =>
  width < 0 ? cells[column]!.padEnd(-width) : cells[column]!.padStart(width)).join(''))

const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const half = sorted.length >> 1
  return sorted.length % 2 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2
}
