import { createClient } from 'latchkey'
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { signOutWhenIdle } from '../../demo/recipes/idle-logout.ts'

const idleMs = 60_000

beforeEach(() => {
  vi.useFakeTimers()
  localStorage.clear()
})
afterEach(() => {
  vi.useRealTimers()
})

const signIn = async () => {
  const api = createClient({ baseUrl: 'https://api.example.com/' })
  await api.session.signIn({ accessToken: 'a', subject: 'alice' })
  const stop = signOutWhenIdle(api, idleMs)
  onTestFinished(() => {
    stop()
    api.dispose()
  })
  await api.session.ready()
  dispatchEvent(new Event('keydown'))
  return api
}

test('the idle-logout recipe signs out after the time without input, and not before', async () => {
  const { session } = await signIn()
  await vi.advanceTimersByTimeAsync(idleMs - 2000)
  expect(session.status).toBe('signed-in')
  await vi.advanceTimersByTimeAsync(3000)
  expect(session.status).toBe('signed-out')
})

test('the idle-logout recipe counts from the last input', async () => {
  const { session } = await signIn()
  await vi.advanceTimersByTimeAsync(idleMs / 2)
  dispatchEvent(new Event('pointerdown'))
  await vi.advanceTimersByTimeAsync(idleMs / 2 + 2000)
  expect(session.status).toBe('signed-in')
})

test('the idle-logout recipe does not take the first key after a long sleep for activity', async () => {
  const { session } = await signIn()
  vi.setSystemTime(Date.now() + 8 * idleMs) // timers stood still
  dispatchEvent(new Event('keydown'))
  expect(session.status).toBe('signed-out')
})

test('the idle-logout recipe signs out a user who was idle before the page was opened', async () => {
  localStorage.setItem('last-input-at', String(Date.now() - 2 * idleMs))
  const api = createClient({ baseUrl: 'https://api.example.com/' })
  await api.session.signIn({ accessToken: 'a' })
  const stop = signOutWhenIdle(api, idleMs)
  onTestFinished(() => {
    stop()
    api.dispose()
  })
  await vi.advanceTimersByTimeAsync(10)
  expect(api.session.status).toBe('signed-out')
})

test('the idle-logout recipe does nothing once it was stopped', async () => {
  const api = createClient({ baseUrl: 'https://api.example.com/' })
  await api.session.signIn({ accessToken: 'a' })
  signOutWhenIdle(api, idleMs)()
  await vi.advanceTimersByTimeAsync(3 * idleMs)
  expect(api.session.status).toBe('signed-in')
  api.dispose()
})
