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

describe('a listener of ended that signs a user in at once', () => {
  const createStageThatSignsIn = async () => {
    const stage = createStage()
    await stage.signIn({ subject: 'alice' })
    stage.refuseAll()
    stage.refresh(async () => null)
    return stage
  }

  test('keeps the app from being asked for a login', async () => {
    const stage = await createStageThatSignsIn()
    stage.client.session.on('ended', () => void stage.signIn({ subject: 'alice' }))
    await outcomeOf(stage.client.fetch('https://api.test/a'), stage.clock)
    await stage.clock.advance(1)
    expect(stage.client.session.status).toBe('signed-in')
    expect(stage.logins).toEqual([])
  })

  test('with tokens that are rejected again is reported as a login loop', async () => {
    const stage = await createStageThatSignsIn()
    let rounds = 0
    stage.client.session.on('ended', () => {
      rounds += 1
      if (rounds < 3) stage.signIn({ subject: 'alice' }).then(stage.refuseAll)
    })
    for (let round = 0; round < 2; round += 1) {
      await outcomeOf(stage.client.fetch('https://api.test/a'), stage.clock)
      await stage.clock.advance(1)
    }
    expect(rounds).toBe(2)
    expect(stage.logins.map(({ reason }) => reason)).toEqual(['login-loop'])
  })
})

describe('a refresh that began is followed by an event of its end', () => {
  const follow = ({ client }: ReturnType<typeof createStage>) => {
    const events: string[] = []
    for (const type of ['refresh-started', 'refreshed', 'refresh-failed', 'ended'] as const)
      client.session.on(type, () => events.push(type))
    return events
  }

  test('also if it brought a token for another audience', async () => {
    const stage = createStage({
      trustedOrigins: ['https://files.test'],
      strategy: { audienceOf: origin => (origin === 'https://files.test' ? 'files' : undefined) },
    })
    await stage.signIn({ subject: 'alice' })
    const events = follow(stage)
    expect((await stage.client.fetch('https://files.test/a')).status).toBe(200)
    expect(events).toEqual(['refresh-started', 'refreshed'])
  })
})
