import { expect, test } from 'vitest'
import { withoutTokens } from '../../../src/stores/without-tokens.ts'
import type { ControlledClock } from '../../support/clock.ts'
import { createDialogStage } from '../../support/dialog.ts'
import { createScriptedStore } from '../../support/scripted-store.ts'
import { refusal } from '../../support/stage.ts'

const stepUp = 'Bearer error="insufficient_user_authentication", acr_values="urn:gold"'

const start = async () => {
  const store = createScriptedStore()
  const open = (name: string, clock?: ControlledClock) => {
    const stage = createDialogStage({ store: withoutTokens(store), ...(clock && { clock }) })
    stage.refresh(async () => ({ accessToken: `of-${name}` }))
    stage.answer(({ token, path }) =>
      token !== `of-${name}` ? refusal() : path === '/gold' ? refusal(stepUp) : new Response('fine'),
    )
    return stage
  }
  const here = open('here')
  const there = open('there', here.clock)
  await here.client.session.signIn({ accessToken: 'of-here', subject: 'alice' })
  await there.client.session.ready()
  expect((await there.client.fetch('https://api.test/x')).status).toBe(200)
  there.client.fetch('https://api.test/gold').catch(() => {})
  await here.clock.settle()
  expect(there.asked[0]?.need.kind).toBe('step-up')
  return { here, there }
}

test('decision 13: in cookie modes, too, the token stays in use while a step-up is asked, whatever another tab renews', async () => {
  const { here, there } = await start()
  const refreshed: string[] = []
  there.client.session.on('refreshed', ({ tab }) => void refreshed.push(tab))
  const before = there.refreshes.length
  await here.client.session.refresh()
  there.wake()
  await here.clock.settle()
  await there.client.fetch('https://api.test/beacon', { method: 'POST', keepalive: true })
  expect(there.sends.at(-1)).toMatchObject({ path: '/beacon', token: 'of-there' })
  await there.client.fetch('https://api.test/x')
  expect(there.refreshes.length).toBe(before)
  expect(refreshed).toEqual([])
})
test('two tabs with a step-up each do not renew in turns', async () => {
  const { here, there } = await start()
  here.client.fetch('https://api.test/gold').catch(() => {})
  await here.clock.settle()
  expect(here.asked[0]?.need.kind).toBe('step-up')
  const before = there.refreshes.length + here.refreshes.length
  await here.client.session.refresh()
  for (let i = 0; i < 5; i += 1)
    for (const tab of [there, here]) {
      tab.wake()
      await tab.clock.settle()
      await tab.client.fetch('https://api.test/x')
    }
  expect(there.refreshes.length + here.refreshes.length - before).toBe(1)
})
