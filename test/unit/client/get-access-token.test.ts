import { describe, expect, test } from 'vitest'
import { createStage } from '../../support/stage.ts'

describe('getAccessToken({ minValidityMs })', () => {
  test.each([-1, Number.NaN, '60s', {}])('rejects %o, and says the unit', async minValidityMs => {
    const { client, signIn } = createStage({ lifetimeSeconds: 100 })
    await signIn()
    await expect(client.session.getAccessToken({ minValidityMs: minValidityMs as number })).rejects.toThrow(
      '`minValidityMs`: write milliseconds: 60_000',
    )
  })

  test('a token that has just arrived is enough, although none lives as long as wanted', async () => {
    const { client, clock, signIn, refreshes } = createStage({ lifetimeSeconds: 100 })
    await signIn()
    for (let round = 0; round < 3; round += 1) {
      expect(await client.session.getAccessToken({ minValidityMs: 1e9 })).toBe('access-2')
      await clock.advance(10_000)
    }
    expect(refreshes).toHaveLength(1)
  })

  test('a token that lives shorter than that is refreshed again once half of its life is over', async () => {
    const { client, clock, signIn, refreshes } = createStage({ lifetimeSeconds: 100 })
    await signIn()
    await client.session.getAccessToken({ minValidityMs: 1e9 })
    await clock.advance(51_000)
    expect(await client.session.getAccessToken({ minValidityMs: 1e9 })).toBe('access-3')
    expect(refreshes).toHaveLength(2)
  })

  test('never rejects while there is a valid token', async () => {
    const { client, clock, signIn, refresh } = createStage({ lifetimeSeconds: 100 })
    await signIn()
    refresh(() => Promise.reject({ status: 503 }))
    expect(await client.session.getAccessToken({ minValidityMs: 1e9 })).toBe('access-1')
    await clock.advance(100_000)
    await expect(client.session.getAccessToken()).rejects.toMatchObject({ code: 'refresh-unavailable' })
  })
})
