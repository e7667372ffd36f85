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
/** The longest that a token request of an earlier release may have been under way: its deadline, and time to save. */
const leaseMs = 15_000
const mostAttempts = 5

function isUnderWay(lease: Lease | null | undefined, wallMs: number): boolean {
  if (!lease || lease.closed) return false
  const ageMs = wallMs - lease.startedAt
  return ageMs >= 0 && ageMs < leaseMs
}

/** No token may rest where nobody looks any more. */
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
 * Moves what an earlier release stored under its own name to where this one looks, once; answers what is stored there then.
 * A tab of the earlier release may still be open: while it refreshes it is waited for, and then finds that its record is gone.
 * Under two names, the refresh token would be presented twice.
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
    // The app's own store may have one slot for all names: that is no former record, and must not be taken away.
    if (held?.revision === former.revision) break
    // What was moved a moment ago, and renewed under its former name meanwhile.
    const isOlder = held && held.sessionId === former.sessionId && held.generation < former.generation
    if (isOlder || (!held && !isNewer)) await store.compareAndSet(name, revision, { ...former, revision: randomId() })
    if (await takeAway(ports, former)) break
  }
  return store.read(name)
}
