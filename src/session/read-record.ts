import type { EndReason } from '../errors.ts'
import type { AudienceToken, Credentials, JwtClaims, Statement, Statements } from './credentials.ts'
import {
  type Lease,
  type RefreshCounts,
  type RevocationPending,
  recordVersion,
  type StoredRecord,
} from './session-store.ts'

/** What a read of the store found. */
export interface FoundRecord {
  /** `null`: no record, or one of a newer version. */
  readonly record: StoredRecord | null
  /** The revision with which it can be replaced, also if it cannot be read. */
  readonly revision: string | null
  /** A newer release wrote it: it is neither read nor overwritten. */
  readonly isNewer: boolean
}

type Members = Readonly<Record<string, unknown>>
/** One check for each member, so that a new member cannot be forgotten here. `undefined` leaves the member out. */
type Checks<Type> = { readonly [Member in keyof Required<Type>]: (value: unknown) => Type[Member] | undefined }

const objectOf = (value: unknown): Members | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : null
const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)
/** RFC 6750 §2.1: with a token that no header can carry, the first request would throw. */
const tokenOf = (value: unknown) => (/^[\x21-\x7e]+$/.test(textOf(value) ?? '') ? textOf(value) : null)
const optionalText = (value: unknown) => textOf(value) ?? undefined
/** Times, durations, counts: all of them JSON, none below zero. */
const numberOf = (value: unknown) => (Number.isFinite(value) && (value as number) >= 0 ? (value as number) : undefined)
const durationOf = (value: unknown): number | null => numberOf(value) ?? null
const flagOf = (value: unknown) => value === true || undefined
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

/** Members without a check stay: a later release of the same version knows them. */
function keepValid<Type>(found: Members, checks: Checks<Type>): Type {
  const kept: Record<string, unknown> = { ...found }
  for (const member in checks) {
    const value = checks[member](found[member])
    if (value === undefined) delete kept[member]
    else kept[member] = value
  }
  return kept as Type
}

const audienceChecks: Checks<AudienceToken> = { accessToken: tokenOf, lifetimeMs: durationOf, sentAt: numberOf }

function audienceTokensOf(value: unknown): Credentials['audienceTokens'] {
  const tokens = Object.entries(objectOf(value) ?? {}).map(
    ([name, token]) => [name, keepValid(objectOf(token) ?? {}, audienceChecks)] as const,
  )
  return value === undefined
    ? undefined
    : Object.fromEntries(tokens.filter(([, { accessToken, sentAt }]) => accessToken && sentAt !== undefined))
}

const statementChecks: Checks<Statement> = { issuer: textOf, subject: textOf }
const statementOf = (value: unknown) => keepValid(objectOf(value) ?? {}, statementChecks)
const statementsOf = (value: unknown): Statements | undefined => {
  const found = objectOf(value)
  if (!found) return undefined
  const { app, idToken, accessToken } = found
  return { app: statementOf(app), idToken: statementOf(idToken), accessToken: statementOf(accessToken) }
}

const credentialChecks: Checks<Credentials> = {
  accessToken: tokenOf,
  refreshToken: textOf,
  idToken: textOf,
  tokenType: textOf,
  scope: textOf,
  subject: textOf,
  statedBy: statementsOf,
  claims: value => objectOf(value) as JwtClaims | null,
  lifetimeMs: durationOf,
  sessionLifetimeMs: durationOf,
  sentAt: value => numberOf(value) ?? 0,
  tokensElsewhere: flagOf,
  ownerUnverified: flagOf,
  keyThumbprint: optionalText,
  audienceTokens: audienceTokensOf,
}

/** If the access token cannot be used, a refresh token gets a new one. Only a cookie session has no access token. */
function credentialsOf(value: unknown): Credentials | null {
  const found = objectOf(value)
  if (!found) return null
  const read = keepValid(found, credentialChecks)
  const isLost = found['accessToken'] !== null && !read.accessToken
  if (isLost) return read.refreshToken ? { ...read, lifetimeMs: 0 } : null
  // Without `sentAt` the age is unknown: the token is used until a 401.
  return read.sentAt || !read.lifetimeMs ? read : { ...read, lifetimeMs: null, sessionLifetimeMs: null }
}

const leaseChecks: Checks<Lease> = {
  id: optionalText,
  generation: numberOf,
  startedAt: numberOf,
  underLock: value => value === true,
  closed: flagOf,
  attempts: numberOf,
}
function leaseOf(value: unknown): Lease | undefined {
  const lease = keepValid(objectOf(value) ?? {}, leaseChecks)
  return lease.id && lease.generation !== undefined && lease.startedAt !== undefined ? lease : undefined
}

const pendingChecks: Checks<RevocationPending> = {
  id: optionalText,
  subject: textOf,
  sid: value => value,
  authTime: value => value,
  signedOutAt: numberOf,
  calledAt: numberOf,
  failed: flagOf,
  repeated: flagOf,
  leaseId: optionalText,
}
function pendingOf(value: unknown): RevocationPending | undefined {
  const pending = keepValid(objectOf(value) ?? {}, pendingChecks)
  return pending.id && pending.signedOutAt !== undefined && pending.calledAt !== undefined ? pending : undefined
}

/** This library writes no longer lists, and they would be too long for `Math.max`. */
const timesOf = (value: unknown): number[] =>
  (Array.isArray(value) ? value : []).filter(time => numberOf(time) !== undefined).slice(-100)
const countChecks: Checks<RefreshCounts> = { started: timesOf, unhelpful: timesOf }

const endReasons: Readonly<Record<EndReason, true>> = {
  'signed-out': true,
  replaced: true,
  'refresh-rejected': true,
  expired: true,
  misconfigured: true,
  'key-lost': true,
}

const recordChecks: Checks<StoredRecord> = {
  version: () => recordVersion,
  revision: optionalText,
  sessionId: optionalText,
  generation: value => value as number,
  credentials: credentialsOf,
  lease: leaseOf,
  retryAt: numberOf,
  failures: value => (isCount(value) ? value : undefined),
  endedBy: value => (Object.keys(endReasons).includes(value as string) ? (value as EndReason) : undefined),
  revocationPending: pendingOf,
  rejected: flagOf,
  refreshCounts: value => (objectOf(value) ? keepValid(value as Members, countChecks) : undefined),
}

/**
 * The one check of a stored record, member by member, like the check of a login: malformed members are dropped here, so
 * that nothing has to be thrown later. What is not a record counts as no record.
 */
export function readRecord(value: unknown): FoundRecord {
  const found = objectOf(value) ?? {}
  const { version, sessionId, generation, credentials } = found
  const revision = textOf(found['revision'])
  const isNewer = revision !== null && Number.isSafeInteger(version) && (version as number) > recordVersion
  const isRecord =
    version === recordVersion &&
    revision &&
    textOf(sessionId) &&
    Number.isSafeInteger(generation) &&
    (credentials === null || objectOf(credentials))
  return { record: isRecord ? keepValid(found, recordChecks) : null, revision, isNewer }
}
