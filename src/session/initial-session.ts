import { check } from '../errors.ts'
import type { JwtClaims } from './credentials.ts'

/** What a server knew of the session when it rendered the page. Never a token: the page's HTML is no place for one. */
export interface InitialSession<Claims extends object = JwtClaims> {
  /**
   * Whose session it is. It must be the subject that the tokens or the cookie session name, or `signIn` gave: a session of
   * another subject is another user's.
   * @default the `sub` of `claims`
   */
  readonly subject?: string | number | null | undefined
  readonly claims?: Claims | null | undefined
}

/** What is shown until the store was read or, for ambient strategies, the server asked. */
export interface AssumedSession {
  readonly status: 'signed-in' | 'signed-out'
  readonly subject: string | null
  readonly claims: JwtClaims | null
}

/** By its name, or a JWT by its looks. */
const isToken = ([name, value]: readonly [string, unknown]): boolean =>
  /^(access|refresh|id)_?token$/i.test(name) || /^eyJ[\w-]+\.[\w-]+\./.test(`${value}`)

/** @throws ConfigurationError for what is not of its shape, and for what looks like a token */
export function readInitialSession(given: unknown): AssumedSession | null {
  if (given === undefined) return null
  if (given === null) return { status: 'signed-out', subject: null, claims: null }
  const { subject, claims = null, ...others } = given as InitialSession
  const tokens = Object.entries(claims ?? {}).filter(isToken)
  const [wrong] = [...Object.keys(others), ...tokens.map(([name]) => `claims.${name}`)]
  check(!wrong, `initial.${wrong}`, 'write `{ subject, claims }`, and no token: it would be in the HTML of the page')
  const known = subject ?? claims?.sub
  check(known || known === 0, 'initial.subject', 'write whose session it is')
  return { status: 'signed-in', subject: `${known}`, claims }
}
