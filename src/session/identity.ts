import { ConfigurationError } from '../errors.ts'
import type { Credentials, JwtClaims, Statement, Statements } from './credentials.ts'

type Identified = Pick<Credentials, 'subject' | 'statedBy'>

/** The best word first: where the app says who it is, its tokens may say it in other words. */
const sources = ['app', 'idToken', 'accessToken'] as const

/** A number is that number as text, unless it is one that JSON has rounded. `undefined`: unreadable. */
function readSubject(value: unknown): string | null | undefined {
  if (value === undefined || value === null || value === '') return null
  if (typeof value === 'number' && Math.abs(value) <= Number.MAX_SAFE_INTEGER) return String(value)
  return typeof value === 'string' ? value : undefined
}

const refuse = (name: string): never => {
  throw new ConfigurationError(name, 'must be text, or a number that is exact. Give `subject` as text')
}

function readStatement(claims: JwtClaims | null | undefined): Statement {
  const { iss, sub } = claims ?? {}
  return { issuer: typeof iss === 'string' ? iss : null, subject: readSubject(sub) }
}

/** Who says whose it is. @throws ConfigurationError for a `subject` that is neither text nor a number */
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

/** Whose it is from now on: who it was, unless the app says otherwise (RFC 6749 §6: a refresh cannot change the owner). */
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

/** @throws ConfigurationError for a `sub` that cannot be read, unless the app says who it is */
export function checkIdentity(fresh: Identified, former: Identified | null): void {
  if (statementOf(fresh, 'app').subject || (former && statementOf(former, 'app').subject)) return
  if (sources.some(source => statementOf(fresh, source).subject === undefined)) refuse('sub')
}

/**
 * Whether both are the same person; `undefined` where that cannot be told. Only what the same source says is comparable
 * (an access token may have another `sub` than the ID token), and a subject only within its issuer (OpenID Connect Core §5.7).
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

/** For a sign-in, which may be anybody's: surely the same person, and of the same issuer. */
export function isSurelySame(fresh: Identified, former: Identified): boolean {
  const issuersOf = (of: Identified) => sources.map(source => statementOf(of, source).issuer).filter(Boolean)
  const [now, before] = [issuersOf(fresh), issuersOf(former)]
  const isApart = now.length > 0 && before.length > 0 && !now.some(issuer => before.includes(issuer))
  return isSamePerson(fresh, former) === true && !isApart
}
