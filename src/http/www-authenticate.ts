/** `WWW-Authenticate`, by RFC 9110 §11.2 to §11.6.1, with lists as in §5.6.1.2 and quoted strings as in §5.6.4. */

/**
 * One challenge of `WWW-Authenticate`. Its texts come from the server: never show them as HTML.
 * @see RFC 9110 §11.3
 */
export interface Challenge {
  /** In lower case: `'bearer'`. */
  readonly scheme: string
  /** The parameters, such as `error` and `scope`, with names in lower case. */
  readonly params: Readonly<Record<string, string>>
  /** The value of a challenge that has one instead of parameters (RFC 9110 §11.2); else `null`. */
  readonly token68: string | null
}

/** The challenges before the first error. `malformed`: there was an error, or a parameter was repeated. */
export interface ParsedChallenges {
  readonly challenges: readonly Challenge[]
  readonly malformed: boolean
}

const maxLength = 16_384
const maxChallenges = 64

// All sticky, and no two neighbouring parts can match the same character: a failure costs one walk back, not a square.
const gap = /[\t ,]*/y
const end = /[\t ]*(?:,|$)/y
// Scheme, the whitespace without which nothing may follow it, token68. Never before "=": `error="x"` alone is no challenge.
const opening = /([\w!#$%&'*+.^`|~-]+)(?![\t ]*=)(?:([\t ]+)([\w.~+/-]+=*(?=[\t ]*(?:,|$)))?|(?=,|$))/y
// Name, quoted text, token.
const parameter =
  /([\w!#$%&'*+.^`|~-]+)[\t ]*=[\t ]*(?:"([\t !#-[\]-~\x80-\xff]*(?:\\[\t -~\x80-\xff][\t !#-[\]-~\x80-\xff]*)*)"|([\w!#$%&'*+.^`|~-]+)(?=[\t ,]|$))/y

/** Reads a field value in linear time. Never throws; over 16,384 characters it is not read at all. */
export function parseChallenges(value: string | null): ParsedChallenges {
  const challenges: Challenge[] = []
  const text = value ?? ''
  let malformed = text.length > maxLength
  let ended = malformed
  let position = 0
  // The parameters of the last challenge, while more may follow. Without a prototype: `__proto__` is an ordinary name.
  let params: Record<string, string> | null = null

  const take = (pattern: RegExp) => {
    pattern.lastIndex = position
    const match = pattern.exec(text)
    if (match) position = pattern.lastIndex
    // In the patterns that have groups, the first one is never optional.
    return match as [string, string, string?, string?] | null
  }
  const takeElement = () => {
    let match = params && take(parameter)
    if (!match) {
      const opened = challenges.length < maxChallenges && take(opening)
      if (!opened) return false
      const [, scheme, space, token68 = null] = opened
      params = Object.create(null) as Record<string, string>
      challenges.push({ scheme: scheme.toLowerCase(), params, token68 })
      if (!space || token68) params = null
      match = params && take(parameter)
    }
    if (match && params) {
      const name = match[1].toLowerCase()
      // The first one counts (RFC 9110 §11.2). What follows can still be parsed.
      if (name in params) malformed = true
      else params[name] = match[2]?.replace(/\\(.)/g, '$1') ?? (match[3] as string)
    }
    return take(end)
  }

  // What follows an error is not trustworthy, so the first one ends it.
  while (!ended && take(gap) && position < text.length) ended = !takeElement()
  return { challenges, malformed: malformed || ended }
}

/**
 * Parses the `WWW-Authenticate` challenges of a response, for `insufficient_scope` and the like. Never throws. Empty if the
 * header is missing, or hidden by CORS: another origin must send `Access-Control-Expose-Headers: WWW-Authenticate`.
 *
 * @see RFC 9110 §11.6.1
 * @example readChallenges(response).find(({ params }) => params['error'] === 'insufficient_scope')?.params['scope']
 */
export function readChallenges(response: Pick<Response, 'headers'>): readonly Challenge[] {
  return parseChallenges(response.headers.get('www-authenticate')).challenges
}

/** The `error` code of a challenge (RFC 6750 §3); `null` if it is missing, empty, or has characters that are not allowed. */
export function errorOf(challenge: Challenge): string | null {
  const { error } = challenge.params
  return error && /^[ !#-[\]-~]+$/.test(error) ? error : null
}
