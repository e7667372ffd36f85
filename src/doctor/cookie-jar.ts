/** One `Set-Cookie` line (RFC 6265 §4.1), as far as the doctor looks at it. Names of attributes are lower-cased. */
export interface SetCookie {
  readonly name: string
  readonly value: string
  readonly attributes: ReadonlyMap<string, string>
}

export function parseSetCookie(line: string): SetCookie {
  const [pair = '', ...rest] = line.split(';').map(part => part.trim())
  const [name = '', value = ''] = splitAtFirst(pair)
  const attributes = rest.map((part): [string, string] => {
    const [attribute = '', text = ''] = splitAtFirst(part)
    return [attribute.toLowerCase(), text]
  })
  return { name, value, attributes: new Map(attributes) }
}

const splitAtFirst = (text: string): readonly string[] => {
  const at = text.indexOf('=')
  return at < 0 ? [text] : [text.slice(0, at).trim(), text.slice(at + 1).trim()]
}

const isRemoval = ({ value, attributes }: SetCookie): boolean => {
  const age = attributes.get('max-age') ?? ''
  // Where it is a number, `Expires` does not count (RFC 6265 §5.2.2, §5.3).
  const isOver = /^-?\d+$/.test(age) ? Number(age) <= 0 : Date.parse(attributes.get('expires') ?? '') < Date.now()
  return value === '' || isOver
}

/** A CSRF token is a cookie that scripts read on purpose. */
export const isCsrfCookie = ({ name }: Pick<SetCookie, 'name'>): boolean => /csrf|xsrf/i.test(name)

/** The cookies that a response sets, without those that it removes. */
export const readSetCookies = (headers: Headers): readonly SetCookie[] =>
  headers
    .getSetCookie()
    .map(parseSetCookie)
    .filter(cookie => !isRemoval(cookie))

/** The `Cookie` value to send after a response. */
export function mergeCookies(sent: string, headers: Headers): string {
  const jar = new Map(
    sent
      .split(';')
      .map(pair => splitAtFirst(pair.trim()))
      .filter(([name]) => name)
      .map(([name = '', value = '']): [string, string] => [name, value]),
  )
  for (const cookie of headers.getSetCookie().map(parseSetCookie)) {
    if (isRemoval(cookie)) jar.delete(cookie.name)
    else jar.set(cookie.name, cookie.value)
  }
  return [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
}

/** The values of a `Cookie` header. */
export const valuesIn = (cookie: string): readonly string[] =>
  cookie.split(';').map(pair => splitAtFirst(pair.trim())[1] ?? '')

/** Whether a cookie that was sent has another value now. */
export function hasReplacedCookie(before: string, after: string): boolean {
  const now = new Set(after.split('; '))
  return before
    .split(';')
    .map(pair => pair.trim())
    .filter(pair => pair !== '' && !isCsrfCookie({ name: splitAtFirst(pair)[0] ?? '' }))
    .some(pair => !now.has(pair))
}
