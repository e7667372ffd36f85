import type { EndReason } from '../errors.ts'
import { textOf } from '../platform/json.ts'
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
  typeof value === 'object' && !Array.isArray(value) ? (value as Members | null) : null
/** RFC 6750 §2.1: with a token that no header can carry, the first request would throw. */
const tokenOf = (value: unknown) => (typeof value === 'string' && /^[\x21-\x7e]+$/.test(value) ? value : null)
const optionalText = (value: unknown) => textOf(value) ?? undefined
/** Times, durations, counts: all of them JSON, none below zero. */
const numberOf = (value: unknown) => (Number.isFinite(value) && (value as number) >= 0 ? (value as number) : undefined)
const durationOf = (value: unknown): number | null => numberOf(value) ?? null
const flagOf = (value: unknown) => value === true || undefined
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

/**
 * What is valid in `found`; `undefined` if a required member is not. Members without a check stay: a later release of the same
 * version knows them.
 */
function keepValid<Type>(
  found: Members | null,
  checks: Checks<Type>,
  required: readonly (keyof Type & string)[] = [],
): Type | undefined {
  const kept: Record<string, unknown> = { ...found }
  for (const member in checks) {
    const value = checks[member](kept[member])
    if (value === undefined) delete kept[member]
    else kept[member] = value
  }
  return found && required.every(member => kept[member] != null) ? (kept as Type) : undefined
}

const audienceChecks: Checks<AudienceToken> = { accessToken: tokenOf, lifetimeMs: durationOf, sentAt: numberOf }

function audienceTokensOf(value: unknown): Credentials['audienceTokens'] {
  const found = objectOf(value)
  const tokens = Object.entries(found ?? {}).flatMap(([name, token]) => {
    const valid = keepValid(objectOf(token), audienceChecks, ['accessToken', 'sentAt'])
    return valid ? [[name, valid] as const] : []
  })
  return found ? Object.fromEntries(tokens) : undefined
}

const statementChecks: Checks<Statement> = { issuer: textOf, subject: textOf }
const statementOf = (value: unknown) => keepValid(objectOf(value) ?? {}, statementChecks)
const statementsChecks: Checks<Statements> = { app: statementOf, idToken: statementOf, accessToken: statementOf }

const credentialChecks: Checks<Credentials> = {
  accessToken: tokenOf,
  refreshToken: textOf,
  idToken: textOf,
  tokenType: textOf,
  scope: textOf,
  subject: textOf,
  statedBy: value => keepValid(objectOf(value), statementsChecks),
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
  const read = keepValid(objectOf(value), credentialChecks)
  if (!read) return null
  // Without `sentAt` every age is unknown: the token is used until a 401. Tokens in another tab have none anyway.
  const aged = read.sentAt ? read : { ...read, lifetimeMs: read.lifetimeMs && null, sessionLifetimeMs: null }
  const isLost = (value as Members)['accessToken'] !== null && !read.accessToken
  if (!isLost) return aged
  return read.refreshToken ? { ...aged, lifetimeMs: 0 } : null
}

const leaseChecks: Checks<Lease> = {
  id: optionalText,
  generation: numberOf,
  startedAt: numberOf,
  underLock: value => value === true,
  closed: flagOf,
  attempts: numberOf,
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

/** This library writes no longer lists, and they would be too long for `Math.max`. */
const timesOf = (value: unknown): number[] =>
  Array.isArray(value) ? value.filter(time => numberOf(time) !== undefined).slice(-100) : []
const countChecks: Checks<RefreshCounts> = {
  started: timesOf,
  helpful: value => (value === undefined ? value : timesOf(value)),
  unhelpful: timesOf,
}

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
  lease: value => keepValid(objectOf(value), leaseChecks, ['id', 'generation', 'startedAt']),
  retryAt: numberOf,
  failures: value => (isCount(value) ? value : undefined),
  endedBy: value => (endReasons[textOf(value) as EndReason] === true ? (value as EndReason) : undefined),
  revocationPending: value => keepValid(objectOf(value), pendingChecks, ['id', 'signedOutAt', 'calledAt']),
  rejected: flagOf,
  refreshCounts: value => keepValid(objectOf(value), countChecks),
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
  return { record: (isRecord && keepValid(found, recordChecks)) || null, revision, isNewer }
}
