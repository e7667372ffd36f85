import type { Credentials } from '../session/credentials.ts'
import { continueIdentity, isSamePerson } from '../session/identity.ts'
import { signOutCallMs } from '../time/delays.ts'
import type { SentRequest } from './refresh-ports.ts'
import { isSignedOut } from './revocation.ts'
import type { Granted } from './token-request.ts'

/** What becomes of the tokens that a token request brought. */
export type Save =
  /** The session of the record goes on with them. */
  | { readonly kind: 'continue'; readonly credentials: Credentials }
  /** They begin a session, which takes over nothing from the record. */
  | { readonly kind: 'begin'; readonly credentials: Credentials }
  /** They belong to another user than the session. It ends. */
  | { readonly kind: 'end' }
  /** They belong to the session that was signed out, and the server surely has not heard of that. It stays signed out. */
  | { readonly kind: 'stay-signed-out' }
  /** They may belong to the session that was signed out: the sign-out may reach the server within this time. */
  | { readonly kind: 'ask-again'; readonly afterMs: number }
  /** This page has signed out, or another user in, since the request began. */
  | { readonly kind: 'drop' }

/** What was granted, what it was asked for with, and the session that this page is in by now. */
export interface SaveFacts extends Pick<SentRequest, 'request' | 'leased'> {
  readonly granted: Granted
  readonly sessionId: string | null
}

/** Whether the credentials may be of any user: at a start, and after a login that did not say whose it was. */
export const isOwnerUnknown = ({ request, leased }: Pick<SaveFacts, 'request' | 'leased'>): boolean =>
  request.cause === 'restore' || leased.credentials?.ownerUnverified === true

/** Whether the tokens belong to another user than the record or this page's memory name. */
export function isOfAnotherUser({ granted, request, leased }: Omit<SaveFacts, 'sessionId'>): boolean {
  const { credentials: former } = leased
  return [former, request.replaces].some(known => {
    const same = known ? isSamePerson(granted.fresh, known) : true
    // After a login that did not say whose it was, the tokens must name the user that was expected.
    return former?.ownerUnverified ? !same : same === false
  })
}

/** Step e of the refresh protocol, decided: pure. */
export function decideSave(facts: SaveFacts): Save {
  const { granted, request, leased, sessionId } = facts
  const { credentials: former, revocationPending: pending, lease } = leased
  const isOfUnknownOwner = isOwnerUnknown(facts)
  const isAnother = isOfAnotherUser(facts)
  // A refresh that restores a session may name fewer sources than the record: the record keeps what it knows of the same user.
  const named = isOfUnknownOwner &&
    former &&
    !isAnother && { statedBy: continueIdentity(granted.fresh, former).statedBy }
  const credentials = { ...granted.credentials, ...named }
  if (isOfUnknownOwner && pending && isSignedOut(pending, credentials)) {
    if (pending.failed || pending.leaseId) return { kind: 'stay-signed-out' }
    const askedAfterMs = (lease?.startedAt ?? 0) - pending.calledAt
    if (askedAfterMs >= 0 && askedAfterMs < signOutCallMs)
      return { kind: 'ask-again', afterMs: signOutCallMs - askedAfterMs }
  }
  if (isAnother && !isOfUnknownOwner) return { kind: 'end' }
  if (sessionId !== request.sessionId) return { kind: 'drop' }
  return { kind: isOfUnknownOwner && (isAnother || !former) ? 'begin' : 'continue', credentials }
}
