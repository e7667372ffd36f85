import { check } from '../errors.ts'
import type { JwtClaims } from './credentials.ts'
import { readSubject } from './identity.ts'
import { isSecret } from './is-secret.ts'

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

/** The name of a claim that must not be in a page, however deep it stands. @throws TypeError for what is not JSON */
function findToken(claims: unknown): string | undefined {
  let found: string | undefined
  JSON.stringify(claims, (name, value) => {
    if (isSecret(name, value)) found ??= name
    return value
  })
  return found && `claims.${found}`
}

/** @throws ConfigurationError for unknown members, for claims that look like a token, and for what is no subject */
export function readInitialSession(given: unknown): AssumedSession | null {
  if (given === undefined) return null
  if (given === null) return { status: 'signed-out', subject: null, claims: null }
  const { subject: stated, claims = null, ...others } = given as InitialSession
  let wrong: string | undefined
  try {
    wrong = Object.keys(others)[0] ?? findToken(claims)
  } catch {
    wrong = 'claims'
  }
  check(
    !wrong,
    `initial.${wrong}`,
    'write `{ subject, claims }` as JSON, and no token: it would be in the HTML of the page',
  )
  const subject = readSubject(stated ?? claims?.sub)
  check(subject, 'initial.subject', "write the user's id")
  return { status: 'signed-in', subject, claims }
}
