import { isReplayable } from 'latchkey'
import { describe, expect, test } from 'vitest'
import type { RequestContext } from '../../../src/request/request-context.ts'
import { dialogOf, type RejectedIn, rejectRequest } from '../../support/rejected-request.ts'
import { createRequestRig, signedIn, signedOut } from '../../support/request-rig.ts'

describe('A 401 that requires a step-up', () => {
  const challenge = 'Bearer error="insufficient_user_authentication", max_age="60"'
  const requirement = { acrValues: [], maxAgeSeconds: 60, scope: null }
  const state = { ...signedIn, generation: 3 }
  const asked = [['stepUp', requirement, 3]]

  test('opens a dialog, and is sent again after it', async () => {
    expect(
      await rejectRequest(
        {},
        { state, challenge, syncing: Promise.resolve(), dialog: dialogOf('signed-in', 'step-up') },
      ),
    ).toMatchObject({
      end: 'sent again',
      told: asked,
      steps: ['rejected', 'waiting for store', 'waiting for step-up', 'replayed'],
      isReleased: true,
    })
  })
  test('rejects with its response, which can still be read, if the user declines', async () => {
    expect(await rejectRequest({}, { state, challenge, dialog: dialogOf('declined', 'step-up') })).toMatchObject({
      end: 'step-up-required',
      told: asked,
      isReleased: false,
    })
  })
  test('rejects as ended, if the user signs out, or another one signs in', async () => {
    for (const [later, reason] of [
      [{ ...signedIn, sessionId: 'session-b' }, 'replaced'],
      [signedOut, 'not-signed-in'],
    ] as const) {
      const rig = createRequestRig({ state, dialog: dialogOf('declined', 'step-up') })
      const response = new Response('', { status: 401, headers: { 'www-authenticate': challenge } })
      const handled = rig.afterResponse(rig.sent(), response)
      queueMicrotask(() => Object.assign(rig.around, { state: later }))
      await expect(handled).rejects.toMatchObject({ code: 'session-ended', reason })
    }
  })
  test.each<[string, Partial<RequestContext>, RejectedIn, readonly unknown[]]>([
    ['if no dialog opens', {}, {}, asked],
    ['if it was sent without credentials', { isAnonymous: true }, {}, []],
    ['if it cannot be sent again', { notReplayableReason: 'keepalive' }, {}, []],
    ['if its session is over', {}, { since: { state: signedOut } }, []],
  ])('is returned %s', async (_, changes, given, told) => {
    const dialog = told.length === 0 ? dialogOf('signed-in', 'step-up') : null
    expect(await rejectRequest(changes, { state, challenge, dialog, ...given })).toMatchObject({
      end: 'returned',
      told,
      isReleased: false,
    })
  })
})

describe('A response from which the scheme learned', () => {
  const learning = (changes: Partial<RequestContext>, learned: 'nonce' | 'clock' | null = 'nonce') =>
    rejectRequest({ learn: () => learned, ...changes }, { challenge: 'DPoP error="use_dpop_nonce"' })

  test.each(['', 'clock'])('is proved again at once, once for each reason (proved for: "%s")', async provedAnewFor => {
    expect(await learning({ provedAnewFor })).toMatchObject({
      end: 'sent again',
      told: [],
      steps: [],
      context: { provedAnewFor: `${provedAnewFor}nonce`, isReplay: false },
      isReleased: true,
    })
  })
  test.each(['nonce', 'clocknonce'])(
    'is not proved again for the same reason (proved for: "%s")',
    async provedAnewFor => {
      expect(await learning({ provedAnewFor })).toMatchObject({ end: 'returned', steps: ['completed'] })
    },
  )
  test('is as any other, if there was nothing to learn', async () => {
    expect(await learning({}, null)).toMatchObject({ end: 'returned', steps: ['completed'] })
  })
  test('is returned if it cannot be sent again', async () => {
    const { response, ...rest } = await learning({ notReplayableReason: 'one-shot-body' })
    expect([rest.end, rest.steps, isReplayable(response)]).toEqual(['returned', ['completed'], false])
  })
})
