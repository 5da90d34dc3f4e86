/** Reads the vectors of fixtures/wire, and cuts inputs every way a stream may. */
import { readFileSync } from 'node:fs'

/** How a vector gives its input. */
export interface RawInput {
  readonly name: string
  readonly raw?: string
  readonly raw_hex?: string
  readonly raw_parts?: readonly (string | readonly [unit: string, count: number])[]
}

export function vectors<T>(file: string): readonly T[] {
  const { tests } = JSON.parse(readFileSync(`fixtures/wire/${file}`, 'utf8')) as { readonly tests: readonly T[] }
  return tests
}

export function rawText({ name, raw, raw_parts }: RawInput): string {
  const text = raw ?? raw_parts?.map(part => (typeof part === 'string' ? part : part[0].repeat(part[1]))).join('')
  if (text === undefined) throw new Error(`the vector "${name}" has no text`)
  return text
}

export function rawBytes(vector: RawInput): Uint8Array {
  return vector.raw_hex === undefined ? new TextEncoder().encode(rawText(vector)) : new Uint8Array(Buffer.from(vector.raw_hex, 'hex'))
}

/** The input whole, one unit at a time, and, if it is short, in two at every position, with an empty chunk between them. */
export function cuts<T extends string | Uint8Array>(input: T): T[][] {
  const part = (from: number, to: number): T => input.slice(from, to) as T
  const ways = [[input], Array.from({ length: input.length }, (_, at) => part(at, at + 1))]
  if (input.length > 200) return ways
  return ways.concat(Array.from({ length: input.length + 1 }, (_, at) => [part(0, at), part(0, 0), part(at, input.length)]))
}
