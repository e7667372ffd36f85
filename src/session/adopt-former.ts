import type { Clock } from '../platform/clock.ts'
import { randomId } from '../platform/random-id.ts'
import { readRecord } from './read-record.ts'
import type { Claim, SessionStore, StoredRecord } from './session-store.ts'

export interface AdoptPorts {
  readonly store: SessionStore
  readonly name: string
  readonly formerName: string
  readonly clock: Clock
}

const pollMs = 250
/** The longest that an exchange of an earlier release may have been under way: its deadline, and time to save. */
const claimMs = 15_000
const mostAttempts = 5

function isUnderWay(claim: Claim | null | undefined, wallMs: number): boolean {
  if (!claim || claim.closed) return false
  const ageMs = wallMs - claim.startedAt
  return ageMs >= 0 && ageMs < claimMs
}

/** No token may rest where nobody looks any more. */
function takeAway({ store, formerName }: AdoptPorts, former: StoredRecord) {
  const { revision, version, session } = former
  if (store.remove) return store.remove(formerName, revision)
  return store.compareAndSet(formerName, revision, {
    version,
    revision: randomId(),
    session,
    generation: 0,
    credentials: null,
  })
}

/**
 * Moves what an earlier release stored under its own name to where this one looks, once; answers what is stored there then.
 * A tab of the earlier release may still be open: while it exchanges it is waited for, and then finds that its record is gone.
 * Under two names, the refresh token would be presented twice.
 */
export async function adoptFormer(ports: AdoptPorts): Promise<unknown> {
  const { store, name, formerName, clock } = ports
  for (let attempt = 1; attempt <= mostAttempts; ) {
    const { record: former } = readRecord(await store.read(formerName))
    if (!former?.credentials) break
    if (isUnderWay(former.claim, clock.wallMs())) {
      await new Promise<void>(resolve => clock.setTimer(resolve, pollMs))
      continue
    }
    attempt += 1
    const { record: held, revision, isNewer } = readRecord(await store.read(name))
    // The app's own store may have one slot for all names: that is no former record, and must not be taken away.
    if (held?.revision === former.revision) break
    // What was moved a moment ago, and renewed under its former name meanwhile.
    const isOlder = held && held.session === former.session && held.generation < former.generation
    if (isOlder || (!held && !isNewer)) await store.compareAndSet(name, revision, { ...former, revision: randomId() })
    if (await takeAway(ports, former)) break
  }
  return store.read(name)
}
