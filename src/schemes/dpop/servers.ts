import { clockToleranceMs } from '../../time/delays.ts'
import type { Learned } from '../scheme.ts'

/** What a server requires of proofs (RFC 9449 §8, §9). */
export interface ServerNotes {
  readonly nonce?: string
  /** How far its clock is ahead of this device's. */
  readonly clockSkewMs?: number
}

/** The notes of an authorization server are not valid for the API, even at the same origin (RFC 9449 §9). */
type Role = 'token' | 'api'

/** Where a proof was sent, and what it was made from. */
export interface SentProof {
  readonly role: Role
  readonly url: URL
  readonly notes: ServerNotes
}

export interface Servers {
  notesOf(role: Role, url: URL): ServerNotes
  /**
   * Takes the newest nonce of any response and, where a proof was rejected for its time, the server's time. Returns what a
   * proof would now say differently from the rejected one; `null` if another one would not help.
   */
  learn(sent: SentProof, response: Pick<Response, 'headers' | 'url'>, error: unknown): Learned
}

const mostServers = 32

export function createServers(): Servers {
  const servers = new Map<string, ServerNotes>()

  function note(server: string, more: ServerNotes): void {
    const notes = { ...servers.get(server), ...more }
    servers.delete(server)
    servers.set(server, notes)
    const [oldest] = servers.keys()
    if (servers.size > mostServers && oldest !== undefined) servers.delete(oldest)
  }

  return {
    notesOf: (role, { origin }) => servers.get(role + origin) ?? {},
    learn({ role, url, notes: used }, { headers, url: from }, error) {
      // A redirect may have led to another server.
      const server = role + new URL(from || url).origin
      const nonce = headers.get('dpop-nonce')
      if (nonce) note(server, { nonce })
      const isWrong = error === 'invalid_dpop_proof'
      if (server !== role + url.origin || (!isWrong && error !== 'use_dpop_nonce')) return null
      const clockSkewMs = Date.parse(headers.get('date') ?? '') - Date.now()
      const isOff = isWrong && Math.abs(clockSkewMs - (used.clockSkewMs ?? 0)) > clockToleranceMs
      // First: a server may send a new nonce with every response, so the nonce alone would hide the clock.
      if (isOff) {
        note(server, { clockSkewMs })
        return 'clock'
      }
      return nonce && nonce !== used.nonce ? 'nonce' : null
    },
  }
}
