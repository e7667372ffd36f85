import { ConfigurationError } from '../errors.ts'
import type { Credentials, JwtClaims, Statement, Statements } from './credentials.ts'

type Identified = Pick<Credentials, 'subject'> & { readonly statedBy?: Statements | undefined }

/** In order of preference: if the app names the user, its tokens may use another name. */
const sources = ['app', 'idToken', 'accessToken'] as const

/** A number counts as its text, unless JSON may have rounded it. `undefined`: unreadable. */
export function readSubject(value: unknown): string | null | undefined {
  if (value === undefined || value === null || value === '') return null
  if (typeof value === 'number' && Math.abs(value) <= Number.MAX_SAFE_INTEGER) return String(value)
  return typeof value === 'string' ? value : undefined
}

const refuse = (name: string): never => {
  throw new ConfigurationError(name, 'must be a string, or a safe integer. Write `subject` as a string')
}

function readStatement(claims: JwtClaims | null | undefined): Statement {
  const { iss, sub } = claims ?? {}
  return { issuer: typeof iss === 'string' ? iss : null, subject: readSubject(sub) }
}

/** Reads the user from each source. @throws ConfigurationError for a `subject` that is neither text nor a number */
export function readStatements(
  given: unknown,
  claims: Readonly<Record<keyof Statements, JwtClaims | null | undefined>>,
): Statements {
  const subject = readSubject(given)
  if (subject === undefined) refuse('subject')
  const app = readStatement(claims.app)
  return {
    app: subject ? { ...app, subject } : app,
    idToken: readStatement(claims.idToken),
    accessToken: readStatement(claims.accessToken),
  }
}

const nothing: Statement = { issuer: null, subject: null }

const statementOf = ({ statedBy }: Identified, source: keyof Statements): Statement => statedBy?.[source] ?? nothing

/** The user after a refresh: the former one, unless the app names another (RFC 6749 §6: a refresh cannot change the owner). */
export function continueIdentity(
  fresh: Identified,
  former: Identified,
): { readonly subject: string | null; readonly statedBy: Statements } {
  const entries = sources.map(source => {
    const [now, before] = [statementOf(fresh, source), statementOf(former, source)]
    return [source, { issuer: now.issuer ?? before.issuer, subject: now.subject ?? before.subject }]
  })
  return {
    subject: statementOf(fresh, 'app').subject ?? former.subject ?? fresh.subject,
    statedBy: Object.fromEntries(entries) as Statements,
  }
}

/** @throws ConfigurationError for a `sub` that cannot be read, unless the app names the user */
export function checkIdentity(fresh: Identified, former: Identified | null): void {
  if (statementOf(fresh, 'app').subject || (former && statementOf(former, 'app').subject)) return
  if (sources.some(source => statementOf(fresh, source).subject === undefined)) refuse('sub')
}

/**
 * Whether both are the same user; `undefined` if that is unknown. Only statements of the same source are compared (the `sub` of
 * an access token may differ from that of the ID token), and subjects only within one issuer (OpenID Connect Core §5.7).
 */
export function isSamePerson(fresh: Identified, former: Identified): boolean | undefined {
  const compare = (what: keyof Statement) => (source: keyof Statements) => {
    const [now, before] = [statementOf(fresh, source)[what], statementOf(former, source)[what]]
    return now && before ? now === before : undefined
  }
  if (sources.map(compare('issuer')).includes(false)) return false
  const known = sources.map(compare('subject')).find(same => same !== undefined)
  const { subject } = statementOf(fresh, 'app')
  return known ?? (subject && former.subject ? subject === former.subject : undefined)
}

/** For a sign-in, which may be of any user: whether it is surely the same user, of the same issuer. */
export function isSurelySame(fresh: Identified, former: Identified): boolean {
  const issuersOf = (of: Identified) => sources.map(source => statementOf(of, source).issuer).filter(Boolean)
  const [now, before] = [issuersOf(fresh), issuersOf(former)]
  const isApart = now.length > 0 && before.length > 0 && !now.some(issuer => before.includes(issuer))
  return isSamePerson(fresh, former) === true && !isApart
}
