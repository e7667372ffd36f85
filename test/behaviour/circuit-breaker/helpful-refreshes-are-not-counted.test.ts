import { memoryStore } from 'latchkey'
import { describe, expect, test } from 'vitest'
import type { RefreshUnavailableError } from '../../../src/errors.ts'
import { withoutTokens } from '../../../src/stores/without-tokens.ts'
import { createControlledClock } from '../../support/clock.ts'
import { createDialogStage } from '../../support/dialog.ts'
import { createStage, outcomeOf, type Stage, type StageOptions } from '../../support/stage.ts'

const second = 1000
const reach = async ({ client }: Stage, path: string) => (await client.fetch(`https://api.test${path}`)).status

let names = 0
/** One page after the other, or several together, over one store and one clock. */
const createPages = (options: StageOptions = {}) => {
  names += 1
  const shared = { clock: createControlledClock(), sessionName: `counted-${names}`, ...options }
  return { clock: shared.clock, open: () => createStage(shared) }
}
const openIn = (pages: ReturnType<typeof createPages>, api: 'fine' | 'refuses') => {
  const page = pages.open()
  page.answer(({ path }) => new Response('', { status: api === 'refuses' || path.startsWith('/bad') ? 401 : 200 }))
  return page
}

describe('promise 5: the refresh that a page makes at its start is not counted', () => {
  const cookies = () =>
    createPages({ strategy: { ambient: true }, store: { ...withoutTokens(memoryStore()), shared: true } })

  test.each([
    ['fourteen tabs are restored at once', 0],
    ['a page is reloaded every second', second],
  ])('%s, and each is signed in', async (_what, everyMs) => {
    const pages = cookies()
    const opened: Stage[] = []
    for (let index = 0; index < 14; index += 1) {
      const page = openIn(pages, 'fine')
      opened.push(page)
      expect((await page.client.session.ready()).status).toBe('signed-in')
      await pages.clock.advance(everyMs)
    }
    expect(await Promise.all(opened.map(page => reach(page, '/data')))).toEqual(opened.map(() => 200))
  })

  test('a start is not held back by the unhelpful refreshes of others', async () => {
    const pages = cookies()
    const first = openIn(pages, 'fine')
    await first.client.session.ready()
    for (let index = 0; index < 10; index += 1) await first.client.session.refresh()
    await expect(first.client.session.refresh()).rejects.toMatchObject({ reason: 'circuit-open' })
    expect((await openIn(pages, 'fine').client.session.ready()).status).toBe('signed-in')
  })
})

test('promise 5: the response of a request without credentials does not count as an accepted token, during any dialog', async () => {
  const stage = createDialogStage()
  await stage.signIn({ subject: 'alice' })
  for (let index = 0; index < 9; index += 1) await stage.client.session.refresh()
  stage.answer(({ token }) => new Response('', { status: token === null ? 200 : 401 }))
  stage.refresh(async () => null)
  const refused = stage.client.fetch('https://api.test/data').catch(() => {})
  await stage.clock.settle()
  expect([stage.asked.length, await reach(stage, '/form')]).toEqual([1, 200])
  await stage.answerDialog(stage.issue({ subject: 'alice' }))
  await refused
  stage.refresh(undefined)
  await expect(stage.client.session.refresh()).rejects.toMatchObject({ reason: 'circuit-open' })
})

describe('promise 5: a refresh whose token was then accepted is not counted', () => {
  test('thirty in a row, each useful to a request', async () => {
    const page = openIn(createPages(), 'fine')
    await page.signIn()
    for (let index = 0; index < 30; index += 1) {
      await page.client.session.refresh()
      expect(await reach(page, '/data')).toBe(200)
      await page.clock.advance(100)
    }
    expect(page.refreshes.length).toBe(30)
  })

  test('one that was useful to one route and rejected by another', async () => {
    const page = openIn(createPages(), 'fine')
    await page.signIn()
    for (let index = 0; index < 30; index += 1) {
      await page.client.session.refresh()
      expect([await reach(page, `/bad/${index % 3}`), await reach(page, '/data')]).toEqual([401, 200])
      await page.clock.advance(100)
    }
  })

  test('one that was useful in another tab only', async () => {
    const pages = createPages({ store: { ...memoryStore(), shared: true } })
    const [renewing, asking] = [openIn(pages, 'fine'), openIn(pages, 'fine')]
    await renewing.signIn({ subject: 'alice' })
    for (let index = 0; index < 30; index += 1) {
      await renewing.client.session.refresh()
      asking.wake()
      expect(await reach(asking, '/data')).toBe(200)
      await pages.clock.advance(100)
    }
    expect(renewing.refreshes.length).toBe(30)
  })

  test('those of twelve audiences, each useful to its own', async () => {
    const hosts = Array.from({ length: 12 }, (_, index) => `https://api-${index}.test`)
    const page = createStage({
      trustedOrigins: hosts,
      strategy: { audienceOf: origin => (hosts.includes(origin) ? origin : undefined) },
    })
    page.answer(() => new Response(''))
    await page.signIn()
    for (const host of hosts) {
      expect((await page.client.fetch(host)).status).toBe(200)
      await page.clock.advance(100)
    }
    await page.client.session.refresh()
    expect(page.refreshes.length).toBe(13)
  })
})

describe('promise 5: unhelpful refreshes are counted, and their limit is reported', () => {
  test('a page that reloads itself at every 401 causes ten refreshes in 30 s, whichever page began them', async () => {
    const pages = createPages({ store: memoryStore(), limits: { unhelpfulRefreshes: 100 } })
    await openIn(pages, 'refuses').signIn({ subject: 'alice' })
    let refreshes = 0
    for (let index = 0; index < 25; index += 1) {
      const page = openIn(pages, 'refuses')
      expect(await reach(page, '/data')).toBe(401)
      refreshes += page.refreshes.length
      page.client.dispose()
      await pages.clock.advance(second)
    }
    expect(refreshes).toBe(10)
  })

  test('in the error, in `refresh-failed`, and in the event of a request whose 401 is handed over', async () => {
    const page = openIn(createPages(), 'fine')
    await page.signIn()
    const failures: RefreshUnavailableError[] = []
    const answered: unknown[] = []
    page.client.session.on('refresh-failed', ({ error }) => void failures.push(error))
    page.client.session.on('request', ({ step, ...more }) => step === 'completed' && answered.push(more))
    for (let index = 0; index < 10; index += 1) await page.client.session.refresh()
    const error = await outcomeOf(page.client.session.refresh(), page.clock)
    expect(error).toMatchObject({ reason: 'circuit-open', status: null, retryAfterMs: 30 * second })
    expect((error as Error).message).toContain('too many refreshes that helped nobody')
    expect(failures.map(({ reason }) => reason)).toEqual(['circuit-open'])
    expect([await reach(page, '/bad'), await reach(page, '/data')]).toEqual([401, 200])
    expect(answered).toMatchObject([
      { status: 401, notRefreshed: 'circuit-open' },
      { status: 200, notRefreshed: null },
    ])
  })

  test('the number can be set', async () => {
    const page = openIn(createPages({ limits: { circuitOpensAfter: 2 } }), 'fine')
    await page.signIn()
    for (const _ of [1, 2]) await page.client.session.refresh()
    await expect(page.client.session.refresh()).rejects.toMatchObject({ reason: 'circuit-open' })
    await page.clock.advance(30 * second)
    await page.client.session.refresh()
    expect(page.refreshes.length).toBe(3)
  })

  test('refreshes that failed count as well, however long their backoff is', async () => {
    const page = openIn(createPages(), 'fine')
    await page.signIn()
    page.clock.setRandom(0)
    page.refresh(async () => {
      throw Object.assign(new Error('busy'), { status: 503 })
    })
    for (let index = 0; index < 10; index += 1) {
      await page.client.session.refresh().catch(() => {})
      await page.clock.advance(100)
    }
    expect(page.refreshes.length).toBe(10)
    await expect(page.client.session.refresh()).rejects.toMatchObject({ reason: 'circuit-open' })
  })
})
