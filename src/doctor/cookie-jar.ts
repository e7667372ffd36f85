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

/** Cookies that load balancers and firewalls set by themselves, in every response. */
const ofProxies =
  /^(AWS(ALB|ELB)|__cf|_cfuvid$|cf_clearance$|GCLB$|ARRAffinity|ApplicationGatewayAffinity|BIGipServer|incap_ses|visid_incap|nlbi_|ak_bmsc$|bm_s[vz]$)/

/** Not of the session: a CSRF token, which scripts read on purpose, and what a proxy in front of the server sets. */
export const isOfOthers = ({ name }: Pick<SetCookie, 'name'>): boolean =>
  /csrf|xsrf/i.test(name) || ofProxies.test(name)

/** The cookies that a response sets, without those that it removes. */
export const readSetCookies = (headers: Headers): readonly SetCookie[] =>
  headers
    .getSetCookie()
    .map(parseSetCookie)
    .filter(cookie => !isRemoval(cookie))

const readPairs = (cookie: string): readonly (readonly [name: string, value: string])[] =>
  cookie
    .split(';')
    .map(pair => splitAtFirst(pair.trim()))
    .filter(([name]) => name)
    .map(([name = '', value = '']) => [name, value])

/** What tells cookies of one name apart (RFC 6265 §5.3, step 11). */
const placeOf = ({ attributes }: SetCookie): string =>
  `${attributes.get('domain')?.toLowerCase().replace(/^\./, '') ?? ''} ${attributes.get('path') ?? ''}`

/**
 * The `Cookie` value to send after a response. A response may set a cookie, and remove one of the same name on another path:
 * that of a former release.
 */
export function mergeCookies(sent: string, headers: Headers): string {
  const received = new Map(
    headers
      .getSetCookie()
      .map(parseSetCookie)
      .map(cookie => [`${cookie.name} ${placeOf(cookie)}`, cookie]),
  )
  const names = new Set([...received.values()].map(({ name }) => name))
  // The last of each name, as cookies of a `Cookie` value have no path.
  const set = new Map(
    [...received.values()].filter(cookie => !isRemoval(cookie)).map(({ name, value }) => [name, value]),
  )
  return [...readPairs(sent).filter(([name]) => !names.has(name)), ...set].map(pair => pair.join('=')).join('; ')
}

/** The values of a `Cookie` header. */
export const valuesIn = (cookie: string): readonly string[] =>
  cookie.split(';').map(pair => splitAtFirst(pair.trim())[1] ?? '')

/** Whether a cookie of the session that was sent has another value now. */
export function hasReplacedCookie(before: string, after: string): boolean {
  const now = new Set(readPairs(after).map(pair => pair.join('=')))
  return readPairs(before).some(pair => !isOfOthers({ name: pair[0] }) && !now.has(pair.join('=')))
}
