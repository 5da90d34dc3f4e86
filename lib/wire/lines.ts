/** Newline framing, as stdio uses it: one UTF-8 text per line (basic/transports/stdio). Knows lines, not messages. */

/**
 * One line, with the LF that ends it.
 * @throws TypeError if `json` holds a line break; what JSON.stringify writes without indentation holds none.
 */
export function encodeLine(json: string): string {
  if (json.includes('\n') || json.includes('\r')) throw new TypeError('the text holds a line break; expected one line')
  return `${json}\n`
}

/** Longest line held, unless another limit is given: 64 MiB. */
export const MAX_LINE_BYTES = 64 * 1024 * 1024

/** A line grew past `maxLineBytes`; the rest of it is skipped, and the decoder goes on with the next. */
export class LineTooLong extends Error {
  override readonly name = 'LineTooLong'
  /** The other lines that ended in the same chunk, before this one or after it. */
  readonly lines: readonly string[]

  constructor(maxLineBytes: number, lines: readonly string[]) {
    super(`a line of more than ${maxLineBytes} bytes; expected at most ${maxLineBytes}`)
    this.lines = lines
  }
}

/** A line is not UTF-8, so it can't be read without guessing; the decoder goes on with the next. */
export class LineNotUtf8 extends Error {
  override readonly name = 'LineNotUtf8'
  /** The other lines that ended in the same chunk, before this one or after it. */
  readonly lines: readonly string[]

  constructor(lines: readonly string[]) {
    super('a line that is not UTF-8; expected UTF-8')
    this.lines = lines
  }
}

const LF = 0x0a
const NOTHING = new Uint8Array(0)

type Fault = 'too long' | 'not UTF-8'

/**
 * Takes the bytes of a stream in any chunks and gives its lines without their LF or CRLF. A byte order mark at the start is skipped.
 * Bytes only: whoever decoded them before might have put replacement characters where the text was not UTF-8.
 */
export class LineDecoder {
  readonly #maxLineBytes: number
  readonly #utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  /** The line being read: the first `#length` bytes of `#buffer`, which doubles as it fills. */
  #buffer = NOTHING
  #length = 0
  /** The line being read has passed the limit; its bytes are dropped until it ends. */
  #skipping = false
  #started = false

  /** `maxLineBytes` bounds a line in bytes; its LF does not count, a CR before that does. Default `MAX_LINE_BYTES`. */
  constructor({ maxLineBytes = MAX_LINE_BYTES }: { readonly maxLineBytes?: number } = {}) {
    this.#maxLineBytes = maxLineBytes
  }

  /**
   * The lines that ended in this chunk, in order, empty ones included. The chunk may be reused afterwards.
   *
   * Errors are thrown when all of the chunk has been read, and carry its good lines. Of several in one chunk the first is thrown.
   * @throws LineTooLong once for a line, in the chunk that takes it past the limit
   * @throws LineNotUtf8 in the chunk that ends such a line
   */
  feed(chunk: Uint8Array): string[] {
    const lines: string[] = []
    let fault: Fault | undefined
    let at = 0
    for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, at)) {
      const line = chunk.subarray(at, end)
      const excess = this.#length === 0 && line.length <= this.#maxLineBytes ? undefined : this.#hold(line)
      if (!this.#skipping) {
        const text = this.#read(this.#length === 0 ? line : this.#buffer.subarray(0, this.#length))
        if (text === undefined) fault ??= 'not UTF-8'
        else lines.push(text)
      }
      fault ??= excess
      this.#reset()
      at = end + 1
    }
    const excess = this.#hold(chunk.subarray(at))
    fault ??= excess
    if (fault !== undefined) throw fault === 'too long' ? new LineTooLong(this.#maxLineBytes, lines) : new LineNotUtf8(lines)
    return lines
  }

  /**
   * The line the stream ended in, without its LF; undefined if the stream ended with a line or in one too long.
   * @throws LineNotUtf8
   */
  end(): string | undefined {
    if (this.#length === 0) return undefined
    const text = this.#read(this.#buffer.subarray(0, this.#length))
    this.#reset()
    if (text === undefined) throw new LineNotUtf8([])
    return text
  }

  /** Keeps a copy of part of a line, or says once that the line is too long. */
  #hold(bytes: Uint8Array): Fault | undefined {
    if (this.#skipping || bytes.length === 0) return undefined
    const length = this.#length + bytes.length
    if (length > this.#maxLineBytes) {
      this.#reset()
      this.#skipping = true
      return 'too long'
    }
    if (length > this.#buffer.length) {
      const buffer = new Uint8Array(Math.max(length, 2 * this.#buffer.length))
      buffer.set(this.#buffer.subarray(0, this.#length))
      this.#buffer = buffer
    }
    this.#buffer.set(bytes, this.#length)
    this.#length = length
    return undefined
  }

  /** The text of a whole line, or undefined if it is not UTF-8. */
  #read(line: Uint8Array): string | undefined {
    const isFirst = !this.#started
    this.#started = true
    try {
      const text = this.#utf8.decode(line)
      return text.slice(isFirst && text.startsWith('\uFEFF') ? 1 : 0, text.endsWith('\r') ? -1 : undefined)
    } catch {
      return undefined
    }
  }

  #reset(): void {
    this.#buffer = NOTHING
    this.#length = 0
    this.#skipping = false
  }
}
