import { expect, test } from 'vitest'
import { withoutTokens } from '../../../src/stores/without-tokens.ts'
import { createControlledClock } from '../../support/clock.ts'
import { createScriptedStore } from '../../support/scripted-store.ts'
import { createStage, outcomeOf, refusal } from '../../support/stage.ts'

const start = async () => {
  const clock = createControlledClock()
  let looks = 0
  const guarded = {
    ...clock,
    wallMs: () => {
      looks += 1
      if (looks > 20_000) throw new Error('spins')
      return clock.wallMs()
    },
  }
  const store = createScriptedStore()
  const open = (name: string) => {
    const stage = createStage({ store: withoutTokens(store), clock: guarded })
    stage.refresh(async () => ({ accessToken: `of-${name}` }))
    stage.answer(({ token }) => (token === `of-${name}` ? new Response('fine') : refusal()))
    return stage
  }
  const [here, there] = [open('here'), open('there')]
  await here.client.session.signIn({ accessToken: 'of-here', subject: 'alice' })
  await there.client.session.ready()
  clock.jumpWall(-10_000)
  return { clock, here, there }
}

test('a token that another tab keeps is fetched, though the clock was set back since that tab signed in', async () => {
  const { clock, there } = await start()
  expect(await outcomeOf(there.client.session.getAccessToken(), clock)).toBe('of-there')
})

test('such a token is fetched for a request, too: nothing is sent without a token', async () => {
  const { there } = await start()
  await there.client.fetch('https://api.test/x')
  expect(there.sends.map(({ token }) => token)).toEqual(['of-there'])
})
