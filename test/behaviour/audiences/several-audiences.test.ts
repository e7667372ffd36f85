import { oauthRefresh } from 'latchkey/oauth'
import { describe, expect, test } from 'vitest'
import { createAudienceWorld } from '../../support/audience-world.ts'
import { createScriptedStore } from '../../support/scripted-store.ts'

const statuses = async (answers: Promise<Response>[]) => (await Promise.all(answers)).map(({ status }) => status)
const repeat = (count: number, ask: () => Promise<Response>) => Array.from({ length: count }, ask)

describe('TX-11: one session, a token for each audience', () => {
  test('an origin of another audience gets a token of its own, by one refresh for all first requests', async () => {
    const { openSignedIn, server, resources } = await createAudienceWorld()
    const { getFile } = await openSignedIn()
    expect(await statuses(repeat(20, () => getFile()))).toEqual(Array(20).fill(200))
    expect([resources(), server.sends.length, server.reuses]).toEqual([['urn:files'], 20, 0])
  })

  test('nothing is sent there before its own token has arrived, and the token of the login never is', async () => {
    const { openSignedIn, tokensAt } = await createAudienceWorld()
    const { get, getFile } = await openSignedIn()
    await statuses([get(), getFile(), get(), getFile()])
    const [atApi, atFiles] = [tokensAt('127.0.0.1'), tokensAt('localhost')]
    expect([atApi.size, atFiles.size]).toEqual([1, 1])
    expect([...atApi]).not.toEqual([...atFiles])
  })

  test('a request to the first audience does not wait for the token of the second', async () => {
    const { openSignedIn, server } = await createAudienceWorld()
    const { get, getFile } = await openSignedIn()
    const held = server.holdRefresh()
    const file = getFile()
    await held.reached()
    expect((await get()).status).toBe(200)
    held.open()
    expect((await file).status).toBe(200)
  })

  test('RT-08: 401s of both make two refreshes, one after the other, and no refresh token is presented twice', async () => {
    const { openSignedIn, server, resources } = await createAudienceWorld()
    const { get, getFile } = await openSignedIn()
    await getFile()
    server.expireAccessTokens()
    expect(await statuses([...repeat(50, get), ...repeat(50, () => getFile())])).toEqual(Array(100).fill(200))
    expect(new Set(resources().slice(1))).toEqual(new Set(['urn:files', null]))
    expect(server.refreshes).toBe(3)
    expect([server.reuses, server.sends.length]).toEqual([0, 201])
  })

  test('RT-08: the second refresh begins with the refresh token that the first one returned', async () => {
    const { openSignedIn, server, resources } = await createAudienceWorld()
    const { get, getFile } = await openSignedIn()
    const held = server.holdRefresh()
    const file = getFile()
    await held.reached()
    server.expireAccessTokens()
    const other = get()
    await expect.poll(() => server.sends.length).toBe(1)
    expect(server.refreshes).toBe(1)
    held.open()
    expect(await statuses([file, other])).toEqual([200, 200])
    expect([resources(), server.reuses]).toEqual([['urn:files', null], 0])
  })

  test('RT-02: a late 401 is replayed without a refresh only if its own audience has a newer token', async () => {
    const { openSignedIn, server, resources, files } = await createAudienceWorld()
    const { client, get, getFile } = await openSignedIn()
    await getFile()
    const slow = [server.holdApi({ path: '/api/slow' }), server.holdApi({ path: '/api/slow-file' })]
    const late = [get('/api/slow'), client.fetch(`${files}/api/slow-file`)]
    await Promise.all(slow.map(({ reached }) => reached()))
    server.expireAccessTokens()
    expect((await getFile()).status).toBe(200)
    for (const { open } of slow) open()
    expect(await statuses(late)).toEqual([200, 200])
    // Of the file's there is a newer one; of the other there is not, though the credentials have changed.
    expect(resources()).toEqual(['urn:files', 'urn:files', null])
  })

  test('a renewal for one leaves the tokens of the others as they are', async () => {
    const { openSignedIn, resources } = await createAudienceWorld()
    const { client, get, getFile } = await openSignedIn()
    await getFile()
    const before = await client.session.getAccessToken()
    await client.session.refresh()
    expect(await client.session.getAccessToken()).not.toBe(before)
    expect(await statuses([get(), getFile()])).toEqual([200, 200])
    expect(resources()).toEqual(['urn:files', null])
  })

  test('each expires by its own time, and is renewed while it is still used', async () => {
    const { openSignedIn, clock, resources, patiently } = await createAudienceWorld()
    const { get, getFile } = await openSignedIn()
    await clock.advance(100_000)
    await getFile()
    // The session's own token, of 300 s, is due; the file's is not.
    await clock.advance(180_000)
    expect(await statuses([get(), getFile()])).toEqual([200, 200])
    await expect.poll(() => resources()).toEqual(['urn:files', null])
    await clock.advance(100_000)
    expect((await patiently(getFile())).status).toBe(200)
    await expect.poll(() => resources()).toEqual(['urn:files', null, 'urn:files'])
  })

  test('a valid token for an audience is requested anew after a sign-in, as after a step-up', async () => {
    const { openSignedIn, server, resources } = await createAudienceWorld()
    const { client, getFile } = await openSignedIn()
    await getFile()
    await client.session.signIn({ ...server.issue(), subject: 'alice' })
    expect((await getFile()).status).toBe(200)
    expect(resources()).toEqual(['urn:files', 'urn:files'])
  })

  test('the tokens are stored with the session, and restored', async () => {
    const store = createScriptedStore()
    const { openSignedIn, openTab, resources } = await createAudienceWorld()
    await (await openSignedIn({ store })).getFile()
    expect((await openTab({ store }).getFile()).status).toBe(200)
    expect(resources()).toEqual(['urn:files'])
  })

  test('RF-10: a rejected refresh for one ends the session for all, with one event', async () => {
    const { openSignedIn, server } = await createAudienceWorld()
    const { client, get, getFile, askedForLogin } = await openSignedIn()
    server.revoke()
    await expect(Promise.all([getFile(), getFile()])).rejects.toMatchObject({
      code: 'session-ended',
      reason: 'refresh-rejected',
    })
    expect(await askedForLogin()).toBe(1)
    expect([client.session.status, (await get()).status]).toEqual(['signed-out', 401])
  })

  test('a resource that the server does not know (RFC 8707 §2) fails for its own requests, says why, and ends nothing', async () => {
    const { openSignedIn } = await createAudienceWorld({ audiences: { localhost: 'urn:other' } })
    const { client, get, getFile } = await openSignedIn()
    await expect(getFile()).rejects.toThrow(/answered 400 invalid_target/)
    expect([client.session.status, (await get()).status]).toEqual(['signed-in', 200])
  })

  test('without a refresh token the other origin cannot be asked, and the session goes on', async () => {
    const { openTab, server } = await createAudienceWorld()
    const { client, get, getFile } = openTab()
    await client.session.signIn({ ...server.issue(), refreshToken: null })
    await expect(getFile()).rejects.toMatchObject({ code: 'refresh-unavailable' })
    expect([client.session.status, (await get()).status]).toEqual(['signed-in', 200])
  })

  test('one resource for all origins is named in every refresh', async () => {
    const { openSignedIn, server, resources } = await createAudienceWorld({ audiences: {} })
    const { client } = await openSignedIn({
      refresh: oauthRefresh({ tokenEndpoint: `${server.origin}/token`, clientId: 'spa', resource: 'urn:api' }),
    })
    await client.session.refresh()
    expect(resources()).toEqual(['urn:api'])
  })
})
