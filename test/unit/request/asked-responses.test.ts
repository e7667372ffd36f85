import { describe, expect, test, vi } from 'vitest'
import type { RequestContext } from '../../../src/request/request-context.ts'
import { createRequestRig } from '../../support/request-rig.ts'

describe('shouldRefresh', () => {
  const ask = async (
    status: number,
    decided: boolean | undefined,
    changes: Partial<RequestContext> = {},
    challenge = 'Basic',
  ) => {
    const shouldRefresh = vi.fn(() => decided)
    const rig = createRequestRig({}, { shouldRefresh })
    const response = new Response('body', { status, headers: { 'www-authenticate': challenge } })
    const handled = await rig.afterResponse(rig.sent(changes), response)
    return [handled === null ? 'sent again' : 'returned', shouldRefresh.mock.calls.length]
  }
  test('is called for what is no 401, and for a 401 with a challenge of another scheme', async () => {
    for (const status of [200, 403, 419, 401]) {
      expect(await ask(status, true)).toEqual(['sent again', 1])
      expect(await ask(status, false)).toEqual(['returned', 1])
      expect(await ask(status, undefined)).toEqual(['returned', 1])
    }
  })
  test('is not called for a 401 with a challenge of the scheme, nor for a replay', async () => {
    expect(await ask(401, false, {}, 'Bearer')).toEqual(['sent again', 0])
    expect(await ask(419, true, { isReplay: true })).toEqual(['returned', 0])
    expect(await ask(401, true, { isReplay: true })).toEqual(['returned', 0])
  })
  test.each<[string, () => boolean | Promise<boolean>]>([
    [
      'throws',
      () => {
        throw new Error('of the app')
      },
    ],
    ['rejects', () => Promise.reject(new Error('of the app'))],
  ])('that %s has the request reject with its error, and the response released', async (_, shouldRefresh) => {
    const rig = createRequestRig({}, { shouldRefresh })
    const response = new Response('body', { status: 419 })
    await expect(rig.afterResponse(rig.sent(), response)).rejects.toThrow('of the app')
    expect(response.bodyUsed).toBe(true)
  })
})
