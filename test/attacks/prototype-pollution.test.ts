import { readChallenges } from 'latchkey'
import { afterEach, describe, expect, test } from 'vitest'
import { jwtOf } from '../support/jwt.ts'
import { createStage, refusal } from '../support/stage.ts'
import { stubChannel } from '../support/test-channel.ts'

/** As JSON says it: an own property of that name, which an assignment somewhere would turn into a prototype. */
const hostileText = `{
  "__proto__": { "isAdmin": true, "accessToken": "planted", "access_token": "planted", "error": "invalid_grant" },
  "constructor": { "prototype": { "isAdmin": true } },
  "prototype": { "isAdmin": true }
}`
const hostile = () => JSON.parse(hostileText) as Record<string, unknown>
/** With the members of `given` beside the hostile ones. */
const poisoned = (given: object) => JSON.parse(hostileText.replace('{', `{${JSON.stringify(given).slice(1, -1)},`))

afterEach(() => {
  const plain: Record<string, unknown> = {}
  const planted = ['isAdmin', 'accessToken', 'access_token', 'error'].filter(name => plain[name] !== undefined)
  for (const name of planted) delete (Object.prototype as Record<string, unknown>)[name]
  expect(planted).toEqual([])
})

describe('no prototype is changed, and nothing is read from a planted one, by', () => {
  test('what a login brought', async () => {
    const { client, issue } = createStage()
    await client.session.signIn(poisoned(issue()))
    expect((await client.fetch('https://api.test/x')).status).toBe(200)
  })

  test('a login that has tokens in its prototype alone', async () => {
    const { client } = createStage()
    await expect(client.session.signIn(hostile() as never)).rejects.toThrow('accessToken')
    expect(client.session.status).not.toBe('signed-in')
  })

  test('a token response', async () => {
    const stage = createStage()
    await stage.signIn()
    stage.refresh(async () => poisoned(stage.issue()))
    stage.refuseAll()
    expect((await stage.client.fetch('https://api.test/x')).status).toBe(200)
  })

  test('a token response that has tokens in its prototype alone: it cannot be read, and nothing ends', async () => {
    const stage = createStage()
    await stage.signIn()
    stage.refresh(async () => hostile() as never)
    stage.refuseAll()
    await expect(stage.client.fetch('https://api.test/x')).rejects.toMatchObject({ reason: 'unreadable-response' })
    expect(stage.client.session.status).toBe('signed-in')
  })

  test.each(['accessToken', 'idToken'])('the claims of a JWT (%s)', async kind => {
    const { client, issue } = createStage()
    const token = jwtOf(poisoned({ sub: 'alice' }))
    await client.session.signIn({ ...issue(), [kind]: token })
    const { claims, subject } = client.session.getSnapshot()
    expect(subject).toBe('alice')
    expect((claims as Record<string, unknown>)['isAdmin']).toBeUndefined()
    expect(JSON.parse(JSON.stringify({ ...claims })).isAdmin).toBeUndefined()
  })

  test('a challenge', async () => {
    const stage = createStage()
    await stage.signIn()
    stage.answer(() => refusal('Basic __proto__="isAdmin", constructor="x", prototype="y"'))
    const [challenge] = readChallenges(await stage.client.fetch('https://api.test/x'))
    expect(Object.keys(challenge?.params ?? {})).toEqual(['__proto__', 'constructor', 'prototype'])
    expect(challenge?.params?.['isAdmin']).toBeUndefined()
  })

  test('a stored record', async () => {
    const items = new Map<string, string>()
    const store = {
      getItem: (key: string) => items.get(key) ?? null,
      setItem: (key: string, value: string) => void items.set(key, value),
    }
    const first = createStage({ store })
    await first.signIn()
    first.client.dispose()
    for (const [key, value] of items) items.set(key, value.replaceAll('{', `{${hostileText.slice(1, -1)},`))
    const second = createStage({ store })
    await second.client.session.ready()
    await second.client.fetch('https://api.test/x').catch(() => {})
    expect(second.sends.map(({ token }) => token)).not.toContain('planted')
  })

  test('a message of another tab', async () => {
    const channel = stubChannel()
    const items = new Map<string, string>()
    const store = {
      isShared: true,
      getItem: async (key: string) => items.get(key) ?? null,
      setItem: async (key: string, value: string) => void items.set(key, value),
    }
    const stage = createStage({ store })
    await stage.signIn()
    const [spoken] = channel.posted
    for (const message of [hostile(), poisoned({ latchkey: 1, sessionId: 'x', generation: 9 })]) {
      if (spoken) channel.deliver({ ...spoken, message, by: {} as never })
    }
    expect((await stage.client.fetch('https://api.test/x')).status).toBe(200)
  })
})
