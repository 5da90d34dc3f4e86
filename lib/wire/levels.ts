/** The eight severity levels of RFC 5424, as server/utilities/logging#log-levels names them. */

/** Least severe first; position is severity. */
export const LEVELS = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'] as const

export type Level = (typeof LEVELS)[number]

const RANK: ReadonlyMap<unknown, number> = new Map(LEVELS.map((level, rank) => [level, rank]))

/** Is this one of the eight names, spelled exactly? */
export const isLevel = (value: unknown): value is Level => RANK.has(value)

/** Is `level` at least as severe as `threshold`? The threshold itself counts. */
export const reaches = (level: Level, threshold: Level): boolean => RANK.get(level)! >= RANK.get(threshold)!
