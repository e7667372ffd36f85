import { beforeEach, expect, test } from 'vitest'
import { createStage, type Stage } from '../support/stage.ts'
import { stubChannel } from '../support/test-channel.ts'

const url = 'https://api.test/x'
let channel: ReturnType<typeof stubChannel>
let reads: number
let stage: Stage

beforeEach(async () => {
  channel = stubChannel()
  reads = 0
  const items = new Map<string, string>()
  stage = createStage({
    store: {
      isShared: true,
      getItem: async (key: string) => {
        reads += 1
        return items.get(key) ?? null
      },
      setItem: async (key: string, value: string) => void items.set(key, value),
    } as never,
  })
  await stage.signIn()
  expect((await stage.client.fetch(url)).status).toBe(200)
})

/** As from a script of another tab of this origin. */
const say = (message: unknown) => {
  const [spoken] = channel.posted
  expect(spoken).toBeDefined()
  if (spoken) channel.deliver({ ...spoken, message, by: {} as never })
}

const forged: readonly unknown[] = [
  null,
  undefined,
  0,
  '',
  'sign out',
  [],
  {},
  new Error('x'),
  { latchkey: 1 },
  { latchkey: 2, sessionId: 'x', generation: 1 },
  { latchkey: 1, sessionId: null, generation: null },
  { latchkey: 1, sessionId: '', generation: Number.NaN },
  { latchkey: 1, sessionId: 'x', generation: Number.POSITIVE_INFINITY },
  { latchkey: 1, sessionId: 'x'.repeat(1_000_000), generation: -1 },
  { latchkey: 1, sessionId: 'x', generation: 1e9, credentials: { accessToken: 'planted', refreshToken: 'planted' } },
  { latchkey: 1, sessionId: 'x', generation: 1, endedBy: 'signed-out', status: 'signed-out', subject: 'mallory' },
]

test('a forged message signs nobody out or in, and brings no token', async () => {
  for (const message of forged) say(message)
  expect((await stage.client.fetch(url)).status).toBe(200)
  expect(stage.client.session.status).toBe('signed-in')
  expect([...new Set(stage.sends.map(({ token }) => token))]).toEqual(['access-1'])
  expect([stage.refreshes.length, stage.logins.length]).toEqual([0, 0])
})

test('ten thousand messages cost a few reads of the store, and neither a refresh nor a message in return', async () => {
  const before = { reads, posted: channel.posted.length }
  for (let count = 0; count < 10_000; count += 1) say({ latchkey: 1, sessionId: `s${count}`, generation: count })
  expect((await stage.client.fetch(url)).status).toBe(200)
  await stage.clock.advance(60_000)
  // It is heard: the store is looked at.
  expect(reads - before.reads).toBeGreaterThan(0)
  expect(reads - before.reads).toBeLessThan(50)
  expect(channel.posted.length - before.posted).toBe(0)
  expect(stage.refreshes).toEqual([])
})

test('messages all the while a refresh is under way do not keep it from ending, and it stays one', async () => {
  stage.refuseAll()
  stage.refresh(async () => {
    for (let count = 0; count < 1000; count += 1) say({ latchkey: 1, sessionId: 'x', generation: count })
    return stage.issue()
  })
  const answers = await Promise.all(Array.from({ length: 20 }, () => stage.client.fetch(url)))
  expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200))
  expect(stage.refreshes.length).toBe(1)
})
