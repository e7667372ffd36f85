import { describe, expect, test } from 'vitest'
import { withoutTokens } from '../../../src/stores/without-tokens.ts'
import { createDeferred } from '../../support/deferred.ts'
import { createScriptedStore } from '../../support/scripted-store.ts'
import { createStage, outcomeOf, refusal, type StageOptions } from '../../support/stage.ts'

const second = 1000
const origins = { 'https://files.test': 'files', 'https://mail.test': 'mail' }
const audienceOf = (origin: string) => origins[origin as keyof typeof origins]

/** Each refresh brings the next token of the audience it was asked for; the API takes the tokens in `good` only. */
const start = async (options: StageOptions = {}) => {
  const stage = createStage({
    lifetimeSeconds: 300,
    trustedOrigins: Object.keys(origins),
    strategy: { audienceOf },
    ...options,
  })
  const { client, clock, refreshes, sends, issue } = stage
  const refused = new Set<string>()
  stage.answer(({ token }) => (token === null || refused.has(token) ? refusal() : new Response('fine')))
  stage.refresh(async ({ audience = 'own' }) => {
    const { accessToken, ...rest } = issue()
    return { ...rest, accessToken: `${audience}-${accessToken}` }
  })
  await client.session.signIn({
    accessToken: 'login',
    refreshToken: 'refresh',
    expiresInSeconds: 300,
    subject: 'alice',
  })
  const ask = (url: string) => outcomeOf(client.fetch(url), clock)
  return {
    ...stage,
    refused,
    file: () => ask('https://files.test/f'),
    mail: () => ask('https://mail.test/m'),
    own: () => ask('https://api.test/a'),
    asked: () => refreshes.map(({ audience = 'own' }) => audience),
    tokens: () => sends.map(({ token }) => token),
  }
}

describe('TX-11: audiences do not disturb each other', () => {
  test('each of three keeps its token while the others are refreshed', async () => {
    const { file, mail, own, asked, tokens } = await start()
    for (const ask of [file, mail, own, file, mail, own]) expect(await ask()).toMatchObject({ status: 200 })
    expect(asked()).toEqual(['files', 'mail'])
    expect(tokens()).toEqual(['files-access-1', 'mail-access-2', 'login', 'files-access-1', 'mail-access-2', 'login'])
  })

  test('a request whose own token is good does not wait for the refresh for another audience', async () => {
    const { client, clock, file, asked, refresh } = await start()
    await clock.advance(200 * second)
    await file()
    await clock.advance(101 * second)
    // The login's token has expired; the file's is a hundred seconds old.
    const answer = createDeferred<null>()
    refresh(() => answer.promise)
    const waiting = client.fetch('https://api.test/a').catch(error => error.reason)
    await clock.settle()
    expect(asked()).toEqual(['files', 'own'])
    expect(await file()).toMatchObject({ status: 200 })
    answer.resolve(null)
    expect(await waiting).toBe('refresh-rejected')
  })

  test('the age of each token counts from its own request, whatever is known of the others', async () => {
    const { clock, file, own, asked } = await start()
    await clock.advance(200 * second)
    await file()
    // The login's has expired by now, the file's is in its youth.
    await clock.advance(110 * second)
    expect(await file()).toMatchObject({ status: 200 })
    expect(asked()).toEqual(['files'])
    await own()
    expect(asked()).toEqual(['files', 'own'])
  })

  test('promise 18: a clock that is set back does not make a token younger when another audience is refreshed', async () => {
    const { clock, file, own, asked } = await start()
    await clock.advance(200 * second)
    await file()
    clock.jumpWall(-200 * second)
    await clock.advance(110 * second)
    await own()
    expect(asked()).toEqual(['files', 'own'])
  })

  test('RT-02: a late 401 of one audience is replayed with its newer token, although the token of another has expired', async () => {
    const { client, clock, answer, file, asked, refused, tokens } = await start()
    await file()
    const late = createDeferred<Response>()
    answer(({ path, token }) => (path === '/late' && token === 'files-access-1' ? late.promise : new Response('fine')))
    const waiting = client.fetch('https://files.test/late')
    await clock.settle()
    await clock.advance(290 * second)
    refused.add('files-access-1')
    await file()
    await clock.advance(20 * second)
    late.resolve(refusal())
    expect(await waiting).toMatchObject({ status: 200 })
    expect(asked()).toEqual(['files', 'files'])
    expect(tokens().at(-1)).toBe('files-access-2')
  })

  test('after a sign-in without a refresh token during a refresh, the newly rotated refresh token is not lost', async () => {
    const { client, clock, refresh, refreshes, sends, issue } = await start()
    const answer = createDeferred<ReturnType<typeof issue>>()
    refresh(({ refreshToken }) =>
      refreshToken === 'refresh' ? answer.promise : Promise.resolve({ ...issue(), accessToken: 'files-new' }),
    )
    const waiting = client.fetch('https://files.test/f')
    await clock.settle()
    await client.session.signIn({ accessToken: 'stepped-up', subject: 'alice' })
    answer.resolve({ ...issue({ refreshToken: 'next' }), accessToken: 'files-old' })
    await clock.settle()
    expect((await waiting).status).toBe(200)
    expect(refreshes.map(({ refreshToken }) => refreshToken)).toEqual(['refresh', 'next'])
    expect(sends.map(({ token }) => token)).toEqual(['files-new'])
    expect(await client.session.getAccessToken()).toBe('stepped-up')
  })

  test('where tabs share no tokens, those of other audiences stay in the page too', async () => {
    const store = createScriptedStore()
    const { file } = await start({ store: withoutTokens(store) })
    await file()
    expect(await file()).toMatchObject({ status: 200 })
    const record = JSON.stringify(await store.read('https://api.test https://files.test https://mail.test '))
    expect(record).toContain('"tokensElsewhere":true')
    expect(record).not.toMatch(/files-access|"login"|"refresh-/)
  })

  test('dispose() while one waits for the refresh of another: its refresh never begins', async () => {
    const { client, clock, refresh, refreshes, issue } = await start()
    const answer = createDeferred<ReturnType<typeof issue>>()
    refresh(() => answer.promise)
    const asks = ['https://files.test/f', 'https://mail.test/m'].map(url =>
      client.fetch(url).catch(error => error.reason),
    )
    await clock.settle()
    client.dispose()
    answer.resolve(issue())
    await clock.advance(10 * second)
    expect(await Promise.all(asks)).toEqual(['disposed', 'disposed'])
    expect(refreshes.length).toBe(1)
  })
})

describe('RT-08: two tabs that ask for tokens of different audiences at once', () => {
  test('each gets its own, by two refreshes, one after the other', async () => {
    const store = createScriptedStore()
    const first = await start({ store })
    const second = createStage({
      store,
      clock: first.clock,
      trustedOrigins: Object.keys(origins),
      strategy: { audienceOf },
    })
    let running = 0
    let most = 0
    const presented: (string | undefined)[] = []
    for (const { refresh } of [first, second])
      refresh(async ({ audience = 'own', refreshToken }) => {
        presented.push(refreshToken)
        most = Math.max(most, ++running)
        await Promise.resolve()
        running -= 1
        const accessToken = `${audience} for ${refreshToken}`.replaceAll(' ', '-')
        return { accessToken, refreshToken: `after-${refreshToken}`, expiresInSeconds: 300 }
      })
    second.answer(({ token }) => (token?.startsWith('mail-for') ? new Response('fine') : refusal()))
    await second.client.session.ready()
    const asks = [first.client.fetch('https://files.test/f'), second.client.fetch('https://mail.test/m')]
    for (let turn = 0; turn < 20; turn += 1) await first.clock.advance(250)
    expect(await Promise.all(asks)).toMatchObject([{ status: 200 }, { status: 200 }])
    expect(presented).toEqual(['refresh', 'after-refresh'])
    // Nobody was sent on its way by the other's refresh, without a token of its own.
    expect([first.sends.length, second.sends.length]).toEqual([1, 1])
    expect(most).toBe(1)
  })
})
