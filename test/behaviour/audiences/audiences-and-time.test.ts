import { describe, expect, test } from 'vitest'
import { createAudienceWorld } from '../../support/audience-world.ts'
import { createScriptedStore } from '../../support/scripted-store.ts'

const everyRejects = (waiting: readonly Promise<Response>[], error: object) =>
  Promise.all(waiting.map(one => expect(one).rejects.toMatchObject(error)))

describe('tokens of several audiences, while something else happens', () => {
  test('promise 12: a sign-out during a refresh for one of them wins, and the token that arrives is not used', async () => {
    const { openSignedIn, server, tokensAt } = await createAudienceWorld()
    const { client, getFile } = await openSignedIn()
    const held = server.holdRefresh()
    const file = getFile()
    await held.reached()
    await client.session.signOut()
    await expect(file).rejects.toMatchObject({ code: 'session-ended', reason: 'signed-out' })
    held.open()
    await expect.poll(() => server.refreshLog[0]?.outcome).toBe('granted')
    expect([client.session.status, tokensAt('localhost').size]).toEqual(['signed-out', 0])
  })

  test('promise 13: if another user signs in while two audiences wait for their refreshes, neither request is sent as that user', async () => {
    const { openSignedIn, server, resources } = await createAudienceWorld()
    const { client, get, getFile } = await openSignedIn()
    const steps: string[] = []
    client.session.on('request', ({ step }) => void steps.push(step))
    const held = server.holdRefresh()
    const file = getFile()
    await held.reached()
    server.expireAccessTokens()
    const other = get()
    // A 401 that arrives only after bob's sign-in would be a late one of another session.
    await expect.poll(() => steps).toContain('rejected')
    await client.session.signIn({ ...server.issue('bob'), subject: 'bob' })
    held.open()
    await everyRejects([file, other], { reason: 'replaced' })
    expect(await (await getFile()).json()).toMatchObject({ subject: 'bob' })
    expect([resources(), server.reuses]).toEqual([['urn:files', 'urn:files'], 0])
  })

  test('promise 7: an aborted request does not stop the refresh that others wait for', async () => {
    const { openSignedIn, server, files } = await createAudienceWorld()
    const { client, getFile } = await openSignedIn()
    const held = server.holdRefresh()
    const controller = new AbortController()
    const given = client.fetch(`${files}/api/file`, { signal: controller.signal })
    const kept = getFile()
    await held.reached()
    controller.abort()
    await expect(given).rejects.toMatchObject({ name: 'AbortError' })
    held.open()
    expect([(await kept).status, server.refreshes]).toEqual([200, 1])
  })

  test('dispose() while one waits for the refresh of another: every request rejects, and its refresh never begins', async () => {
    const { openSignedIn, server } = await createAudienceWorld()
    const { client, get, getFile } = await openSignedIn()
    const held = server.holdRefresh()
    const file = getFile()
    await held.reached()
    server.expireAccessTokens()
    const other = get()
    await expect.poll(() => server.sends.length).toBe(1)
    await client.session.ready()
    client.dispose()
    await everyRejects([file, other], { reason: 'disposed' })
    held.open()
    await expect.poll(() => server.refreshLog[0]?.outcome).toBe('granted')
    expect(server.refreshes).toBe(1)
  })

  test('promise 8: after the token endpoint failed for one, the next does not try again at once', async () => {
    const { openSignedIn, server } = await createAudienceWorld()
    const { client, get, getFile } = await openSignedIn()
    const held = server.holdRefresh()
    const file = getFile()
    await held.reached()
    server.expireAccessTokens()
    const other = get()
    await expect.poll(() => server.sends.length).toBe(1)
    held.open({ kind: 'status', status: 503 })
    await everyRejects([file, other], { code: 'refresh-unavailable' })
    expect([server.refreshes, client.session.status]).toEqual([1, 'signed-in'])
  })

  test('an audience that has the name of a member of Object.prototype has its token as any other', async () => {
    const { openTab, server, files } = await createAudienceWorld({ audiences: { localhost: '__proto__' } })
    const { oauthRefresh } = await import('latchkey/oauth')
    const refresh = oauthRefresh({
      tokenEndpoint: `${server.origin}/token`,
      clientId: 'spa',
      resource: { [files]: '__proto__' },
    })
    const tab = openTab({ refresh, store: createScriptedStore() })
    await tab.client.session.signIn(server.issue())
    expect([(await tab.getFile()).status, (await tab.getFile()).status, server.refreshes]).toEqual([200, 200, 1])
  })
})

describe('RT-08: tabs whose origins have tokens of their own', () => {
  test.each([2, 5])('%i of them, half for each audience, refresh once for each, and no token twice', async count => {
    const store = createScriptedStore()
    const { openSignedIn, openTab, server, patiently, resources } = await createAudienceWorld()
    const first = await openSignedIn({ store })
    const tabs = [first, ...Array.from({ length: count - 1 }, () => openTab({ store }))]
    await patiently(Promise.all(tabs.map(tab => tab.client.session.ready())))
    for (let round = 1; round <= 3; round += 1) {
      server.expireAccessTokens()
      const answers = await patiently(Promise.all(tabs.flatMap(({ get, getFile }) => [get(), getFile()])))
      expect(answers.map(({ status }) => status)).toEqual(Array(2 * count).fill(200))
      expect(server.reuses).toBe(0)
    }
    expect(resources().filter(name => name === null).length).toBe(3)
    expect(resources().filter(name => name === 'urn:files').length).toBe(3)
  })
})
