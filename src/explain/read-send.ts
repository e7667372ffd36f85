import { isOneShot } from '../http/bodies.ts'
import type { Send } from '../request/sends.ts'
import type { SessionEvents } from '../session/events.ts'
import type { SentFacts, TokenFacts } from './facts.ts'
import { readHeader, readToken } from './read-token.ts'

export type SentStep = Extract<SessionEvents['request'], { readonly step: 'sent' }>

/** What one send carried. */
export interface ReadSend {
  readonly facts: SentFacts
  readonly token: TokenFacts | null
  /** The credentials header as it was sent: for comparing and scrubbing, never to be shown. */
  readonly value: string | null
  readonly secrets: readonly string[]
}

/** What must not be shown, of one session. Once that is over it is forgotten, and no more text may be read. */
export interface KnownSecrets {
  latest: readonly string[] | null
}

/** None, if `fetch` is about to reject them: the app gets that error already. */
function readHeaders(given: HeadersInit | undefined): Headers {
  try {
    return new Headers(given)
  } catch {
    return new Headers()
  }
}

/** `step`: the client's event for this send. */
export function readSend({ context, outgoing, header }: Send, step: SentStep): ReadSend {
  const headers = readHeaders(outgoing.headers ?? context.init.headers)
  const value = headers.get(header)
  const read = value === null ? null : readHeader(value, header.toLowerCase() === 'authorization')
  const isOwn = step.credentials === 'attached'
  const held = isOwn ? (context.sentWith?.credentials ?? null) : null
  const { accessToken, refreshToken, idToken } = context.sentWith?.credentials ?? {}
  return {
    facts: {
      credentials: step.credentials,
      reason: step.credentials === 'none' ? step.reason : null,
      // A token that the client attached has been checked.
      header: read && { ...read.facts, flaw: isOwn ? null : read.facts.flaw },
      cookies: outgoing.credentials ?? context.request?.credentials ?? 'same-origin',
      wantsJson: /^application\/([\w.]+\+)?json/i.test(headers.get('accept') ?? ''),
      isStream: context.adapter.isStream || isOneShot(context.init.body),
    },
    token: read?.token ? readToken(read.token, held) : null,
    value,
    secrets: [read?.token, accessToken, refreshToken, idToken].filter(secret => typeof secret === 'string'),
  }
}
