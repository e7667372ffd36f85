import { describe, expect, test } from 'vitest'
import { RefreshUnavailableError } from '../../../src/errors.ts'
import { createStage, outcomeOf } from '../../support/stage.ts'

/** Signed in, and the API takes the token no more. */
const createRefusedStage = async () => {
  const stage = createStage()
  await stage.signIn({ subject: 'alice' })
  stage.refuseAll()
  return stage
}

describe('listeners called in the middle of a refresh', () => {
  test('a request sent by a listener of refreshed goes out with the new token', async () => {
    const stage = await createRefusedStage()
    const answers: Promise<Response>[] = []
    stage.client.session.on('refreshed', () => answers.push(stage.client.fetch('https://api.test/listener')))
    expect((await stage.client.fetch('https://api.test/a')).status).toBe(200)
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200])
    expect(stage.refreshes.length).toBe(1)
  })

  test('a request sent by a listener of refresh-failed rejects with retryAfterMs, and starts no second refresh', async () => {
    const stage = await createRefusedStage()
    stage.refresh(() => Promise.reject(new Error('down')))
    const outcomes: Promise<unknown>[] = []
    stage.client.session.on('refresh-failed', () => {
      outcomes.push(outcomeOf(stage.client.fetch('https://api.test/listener'), stage.clock))
    })
    await outcomeOf(stage.client.fetch('https://api.test/a'), stage.clock)
    expect(await Promise.all(outcomes)).toEqual([expect.any(RefreshUnavailableError)])
    expect(stage.refreshes.length).toBe(1)
  })

  test('a listener that throws changes nothing for waiting requests', async () => {
    const reported: unknown[] = []
    const former = globalThis.reportError
    globalThis.reportError = error => void reported.push(error)
    try {
      const stage = await createRefusedStage()
      stage.client.session.on('refreshed', () => {
        throw new Error('of the app')
      })
      stage.client.session.subscribe(() => {
        throw new Error('of the app')
      })
      expect((await stage.client.fetch('https://api.test/a')).status).toBe(200)
      expect(reported.length).toBe(2)
    } finally {
      globalThis.reportError = former
    }
  })
})
