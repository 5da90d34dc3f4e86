/** URI templates, RFC 6570 up to level 3: parse, expand, and match in linear time. Level 4 (`{x:3}`, `{x*}`) is refused. */
import { outlineOf, type Outline, valuesIn } from './uri-template-match.js'
import { encodeSome, MAX_TEMPLATE_LENGTH, MAX_TEMPLATE_VARIABLES, type Part, parseParts } from './uri-template-parse.js'

export { MAX_TEMPLATE_LENGTH, MAX_TEMPLATE_VARIABLES }

/**
 * A template for URIs. Variables under no operator or one of `+ # . /` are *positional*: told apart by where they stand. Those
 * under `; ? &` are *named*: told apart by the names that the URI spells out.
 */
export class UriTemplate {
  /** The template as it was given. */
  readonly text: string
  /** Its variables in the order in which they stand, each once. A percent-encoded name is left so (RFC 6570 2.3). */
  readonly variables: readonly string[]
  readonly #parts: readonly Part[]
  readonly #outline: Outline

  private constructor(text: string, parts: readonly Part[]) {
    this.text = text
    this.variables = parts.flatMap(part => (typeof part === 'string' ? [] : part.names))
    this.#parts = parts
    this.#outline = outlineOf(parts)
  }

  /**
   * The template that `text` spells. Stricter than RFC 6570, so that a URI matches in one way only: no variable twice, and no
   * expression directly after one whose value could hold what it begins with, as in `{x}{y}`, `{x}{.y}` or `{+x}{?y}`.
   * @throws TypeError with the index of the first fault and what was expected there; also past `MAX_TEMPLATE_LENGTH` or
   * `MAX_TEMPLATE_VARIABLES`.
   */
  static parse(text: string): UriTemplate {
    return new UriTemplate(text, parseParts(text))
  }

  /**
   * The values that make this template `uri`, percent-decoded, or undefined if none do. RFC 6570 1.4 leaves matching open; these are
   * the rules, under which no choice is ever taken back:
   * - A value ends at the earliest occurrence of the literal, separator or operator that follows it; before the template's last
   *   literal, at that literal's place at the end of the URI; with nothing after it, at the end of the URI.
   * - It holds what expansion writes, unreserved characters and percent-encoding, and what people write all the same: of what else RFC 3986
   *   3.3 has in a segment of a path all but `, ; &`, which separate values, and for a named value but `=` and `+`, by which forms mean a
   *   space. So `user://{id}` matches `user://me@x` as it does `user://me%40x`; never a slash. After `+` and `#` it holds all that is reserved.
   * - A positional variable is there and not empty: `a/{id}/b` does not match `a//b`, nor `a{/id}` plain `a`.
   * - Named variables come in any order, each at most once; any or all may be absent, and a name without `=` has an empty value. A
   *   name that the template lacks means no match, as a query that is ignored would give one resource many URIs.
   * - Malformed percent-encoding, or of what is not UTF-8, means no match. Literals and names are compared as written.
   * The cost is linear in the length of `uri`, which is not limited here.
   */
  match(uri: string): ReadonlyMap<string, string> | undefined {
    return valuesIn(this.#outline, uri)
  }

  /**
   * The URI for these values (RFC 6570 3.2). One that is undefined or absent leaves no trace, nor does an inherited one; others are
   * passed over. `match` gives back what `expand` was given unless a positional value is empty or absent, or a value holds what
   * ends it or, after `+` and `#`, percent-encoding, which is copied.
   * @throws TypeError for a lone surrogate, which UTF-8 can't carry.
   */
  expand(values: { readonly [name: string]: string | undefined }): string {
    let uri = ''
    for (const part of this.#parts) {
      if (typeof part === 'string') uri += part
      else {
        const { first, separator, named, ifEmpty, reserved } = part.operator
        const written = part.names.flatMap(name => {
          const value = Object.hasOwn(values, name) ? values[name] : undefined
          if (value === undefined) return []
          if (/\p{Cs}/u.test(value)) throw new TypeError(`the value of ${name} holds a lone surrogate; expected text that UTF-8 can carry`)
          return (named ? name + (value === '' ? ifEmpty : '=') : '') + (reserved ? encodeSome(value) : encodeAll(value))
        })
        if (written.length > 0) uri += first + written.join(separator)
      }
    }
    return uri
  }
}

/** U of RFC 6570 3.2.1: all but unreserved characters is encoded. */
const encodeAll = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, char => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
