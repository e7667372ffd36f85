import { expect, test } from 'vitest'
import { createSignedInRig } from '../../support/refresh-rig.ts'
import { storedRecord } from '../../support/session-records.ts'

test('a refresh for one of several audiences does not loop, although the records that it adopts never have its token', async () => {
  const rig = await createSignedInRig({ audienceOf: () => undefined })
  const { store, session, refresher, clock, id, calls, refusals } = rig
  Object.assign(session, { follow: () => {} })
  store.content = storedRecord({ sessionId: id, generation: 1 })
  const before = store.calls.length
  const { outcome } = refresher.start('rejected')
  await clock.settle()
  expect([(await outcome).kind, calls.length]).toEqual(['adopted', 0])
  expect(store.calls.length - before).toBe(11)
  // It has found newer tokens: nobody has to sign in.
  expect(refusals).toEqual([])
})
