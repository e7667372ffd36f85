import type { Clock } from '../platform/clock.ts'
import { randomId } from '../platform/random-id.ts'
import { readRecord } from './read-record.ts'
import type { Lease, SessionStore, StoredRecord } from './session-store.ts'

export interface AdoptPorts {
  readonly store: SessionStore
  readonly name: string
  readonly formerName: string
  readonly clock: Clock
}

const pollMs = 250
/** The longest time that a token request of an earlier release can run: its deadline, and the time to save. */
const leaseMs = 15_000
const mostAttempts = 5

function isUnderWay(lease: Lease | null | undefined, wallMs: number): boolean {
  if (!lease || lease.closed) return false
  const ageMs = wallMs - lease.startedAt
  return ageMs >= 0 && ageMs < leaseMs
}

/** Removes the former record: no token may stay under a name that is no longer read. */
function takeAway({ store, formerName }: AdoptPorts, former: StoredRecord) {
  const { revision, version, sessionId } = former
  if (store.remove) return store.remove(formerName, revision)
  return store.compareAndSet(formerName, revision, {
    version,
    revision: randomId(),
    sessionId,
    generation: 0,
    credentials: null,
  })
}

/**
 * Moves the record of an earlier release from its name to the current one, once, and returns the record under the current name. A
 * tab of the earlier release may still be open: this waits for its refresh, and the tab then finds its record gone. If the record
 * stayed under both names, the refresh token would be sent twice.
 */
export async function adoptFormer(ports: AdoptPorts): Promise<unknown> {
  const { store, name, formerName, clock } = ports
  for (let attempt = 1; attempt <= mostAttempts; ) {
    const { record: former } = readRecord(await store.read(formerName))
    if (!former?.credentials) break
    if (isUnderWay(former.lease, clock.wallMs())) {
      await new Promise<void>(resolve => clock.setTimer(resolve, pollMs))
      continue
    }
    attempt += 1
    const { record: held, revision, isNewer } = readRecord(await store.read(name))
    // An app's own store may use one slot for all names. Its record is the current one, and must stay.
    if (held?.revision === former.revision) break
    // The record was moved a moment ago, and refreshed under its former name meanwhile.
    const isOlder = held && held.sessionId === former.sessionId && held.generation < former.generation
    if (isOlder || (!held && !isNewer)) await store.compareAndSet(name, revision, { ...former, revision: randomId() })
    if (await takeAway(ports, former)) break
  }
  return store.read(name)
}
