import { createStoreSync } from '../../src/client/store-sync.ts'
import { createAudienceAge } from '../../src/session/audience.ts'
import { createRefreshRig, type RefreshRigOptions } from './refresh-rig.ts'
import { credentialsOf, storedRecord } from './session-records.ts'
import { stubChannel } from './test-channel.ts'

export const createStoreSyncRig = (options: RefreshRigOptions = {}) => {
  const channel = stubChannel()
  const rig = createRefreshRig(options)
  const freshness = createStoreSync({
    session: rig.session,
    name: 'main',
    clock: rig.clock,
    wake: rig.wake.port,
    refresher: rig.refresher,
    ageOf: () => createAudienceAge({ maxMs: 30_000, share: 1 }, rig.clock)(rig.session.state),
    strategy: { ambient: options.ambient },
  })
  const reads = () => rig.store.calls.filter(call => call === 'read').length
  return { ...rig, channel, freshness, reads }
}

/** Alice found in the store, and known. */
export const createKnown = async (options?: RefreshRigOptions) => {
  const rig = createStoreSyncRig(options)
  rig.store.content = storedRecord({ credentials: credentialsOf({ lifetimeMs: 300_000, sentAt: rig.clock.wallMs() }) })
  await rig.freshness.syncIfStale()
  return rig
}
