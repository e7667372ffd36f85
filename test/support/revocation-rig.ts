import { vi } from 'vitest'
import { createPendingCalls } from '../../src/refresh/pending-calls.ts'
import { createRevocation, type RevocationPorts } from '../../src/refresh/revocation.ts'
import type { RevokeContext } from '../../src/refresh/strategy.ts'
import type { RevocationPending, StoredRecord } from '../../src/session/session-store.ts'
import { createControlledClock } from './clock.ts'
import { createDeferred, type Deferred } from './deferred.ts'
import { createRecordsOver } from './records-rig.ts'
import { createScriptedStore } from './scripted-store.ts'
import { storedRecord } from './session-records.ts'

export interface RevocationCall {
  readonly context: RevokeContext
  readonly answer: Deferred<unknown>
}

export const refreshTimeoutMs = 10_000

/** Tells a server of sign-outs, over a record in which `record` is stored, and read. The test answers each call. */
export async function createRevocationRig(
  record: Partial<StoredRecord> | null = signedOut(),
  strategy: Partial<RevocationPorts['strategy']> = {},
) {
  const [store, clock] = [createScriptedStore(), createControlledClock()]
  store.content = record && storedRecord(record)
  const { records } = createRecordsOver(store, clock)
  await records.read()
  const calls: RevocationCall[] = []
  const transport = vi.fn(async () => Response.json({}))
  const pendingCalls = createPendingCalls(clock, refreshTimeoutMs, {
    records,
    reread: async () => void (await records.read()),
  })
  const revocation = createRevocation({
    strategy: {
      ambient: true,
      refresh: async () => null,
      revoke: context => {
        const answer = createDeferred<unknown>()
        calls.push({ context, answer })
        return answer.promise
      },
      ...strategy,
    },
    transport,
    baseUrl: () => 'https://api.test/',
    records,
    clock,
    refreshTimeoutMs,
    pendingCalls,
  })
  const stored = () => store.content as StoredRecord
  /** The n-th call of the server, from 0. */
  const callOf = (index = 0): RevocationCall => {
    const found = calls[index]
    if (!found) throw new Error(`The server was called ${calls.length} times`)
    return found
  }
  return { store, clock, records, calls, callOf, transport, pendingCalls, revocation, stored }
}

/** A sign-out of Alice a minute ago, of which the server may not know. */
export const pendingOf = (more: Partial<RevocationPending> = {}): RevocationPending => ({
  id: 'out',
  subject: 'alice',
  sid: 'session-1',
  authTime: 1_700_000_000,
  signedOutAt: Date.UTC(2026, 0, 1) - 60_000,
  calledAt: Date.UTC(2026, 0, 1) - 60_000,
  failed: true,
  ...more,
})

/** The record after a sign-out of Alice. */
export const signedOut = (more: Partial<StoredRecord> = {}): Partial<StoredRecord> => ({
  sessionId: 'over',
  credentials: null,
  endedBy: 'signed-out',
  revocationPending: pendingOf({ failed: false }),
  ...more,
})
