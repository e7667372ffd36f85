import { check } from '../errors.ts'
import type { JwtClaims } from './credentials.ts'

/** What the server knew of the session when it rendered the page. Never put a token in it: the HTML of a page is not secret. */
export interface InitialSession<Claims extends object = JwtClaims> {
  /**
   * The signed-in user: the same subject as in the tokens, in the cookie session, or in `signIn`. If the store or the server then
   * names another subject, that counts as another user.
   * @default the `sub` of `claims`
   */
  readonly subject?: string | number | null | undefined
  /** Claims of that user, for display. */
  readonly claims?: Claims | null | undefined
}

/** What the snapshot shows until the store has been read or, for ambient strategies, the server has been asked. */
export interface AssumedSession {
  readonly status: 'signed-in' | 'signed-out'
  readonly subject: string | null
  readonly claims: JwtClaims | null
}

/** Whether a claim is named like a token, or looks like a JWT. */
const isToken = ([name, value]: readonly [string, unknown]): boolean =>
  /^(access|refresh|id)_?token$/i.test(name) || /^eyJ[\w-]+\.[\w-]+\./.test(`${value}`)

/** @throws ConfigurationError for unknown members, and for claims that look like a token */
export function readInitialSession(given: unknown): AssumedSession | null {
  if (given === undefined) return null
  if (given === null) return { status: 'signed-out', subject: null, claims: null }
  const { subject, claims = null, ...others } = given as InitialSession
  const tokens = Object.entries(claims ?? {}).filter(isToken)
  const [wrong] = [...Object.keys(others), ...tokens.map(([name]) => `claims.${name}`)]
  check(!wrong, `initial.${wrong}`, 'write `{ subject, claims }`, and no token: it would be in the HTML of the page')
  const known = subject ?? claims?.sub
  check(known || known === 0, 'initial.subject', "write the user's id")
  return { status: 'signed-in', subject: `${known}`, claims }
}
