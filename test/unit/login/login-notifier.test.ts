import { describe, expect, test, vi } from 'vitest'
import { openTab } from '../../support/login-tab.ts'
import { refusal, stageOrigin } from '../../support/stage.ts'

describe('over reloads, which is where loops are', () => {
  test('a request without a session requires a login once in ten seconds', async () => {
    const { clock, load } = openTab()
    const told: number[] = []
    for (let second = 0; second < 25; second += 1) {
      const page = load()
      await page.ask()
      if (page.logins.length > 0) told.push(second)
      page.client.dispose()
      await clock.advance(1000)
    }
    expect(told).toEqual([0, 10, 20])
  })

  test('the end of a session counts, so that requests of the next page without credentials require no second login', async () => {
    const { load } = openTab()
    await load().signInAndLose()
    const next = load()
    await next.ask()
    expect(next.logins).toEqual([])
  })

  test('a session that ends is reported, even right after another', async () => {
    const { load } = openTab()
    await load().ask()
    const next = load()
    await next.signInAndLose()
    expect(next.logins).toHaveLength(1)
  })

  test('a login whose session is rejected within 30 s is a loop (LR-07)', async () => {
    const { clock, load } = openTab()
    await load().signInAndLose()
    await clock.advance(5000)
    const next = load()
    await next.signInAndLose()
    expect(next.reasons()).toEqual(['login-loop'])
  })

  test('a login whose session is lost in the next page is a loop (LR-07)', async () => {
    const { clock, load } = openTab()
    await load().ask()
    await clock.advance(3000)
    await load().signIn({ subject: 'alice' })
    await clock.advance(3000)
    const next = load()
    await next.ask()
    expect(next.reasons()).toEqual(['login-loop'])
  })

  test('a login whose session lasted for more than 30 s is no loop (LR-07)', async () => {
    const { clock, load } = openTab()
    await load().signInAndLose()
    await clock.advance(30_000)
    const next = load()
    await next.signInAndLose()
    expect(next.reasons()).toEqual(['refresh-rejected'])
  })

  test('a loop that was reported stays one while it continues', async () => {
    const { clock, load } = openTab()
    const reasons: unknown[] = []
    for (let round = 0; round < 4; round += 1) {
      const page = load()
      await page.signInAndLose()
      reasons.push(...page.reasons())
      await clock.advance(8000)
    }
    expect(reasons).toEqual(['refresh-rejected', 'login-loop', 'login-loop', 'login-loop'])
  })

  test('a refresh cookie that the browser does not send is a loop: login, first refresh rejected, login again (CK-04)', async () => {
    const { clock, load } = openTab()
    const reasons: unknown[] = []
    for (let round = 0; round < 2; round += 1) {
      // The login's own answer is good; the cookie that it set does not come along to the refresh.
      const page = load({ strategy: { ambient: true } })
      await page.signInAndLose()
      reasons.push(...page.reasons())
      await clock.advance(5000)
    }
    expect(reasons).toEqual(['refresh-rejected', 'login-loop'])
  })

  test('there is no loop after a sign-out in between', async () => {
    const { clock, load } = openTab()
    await load().signInAndLose()
    await clock.advance(2000)
    const second = load()
    await second.signIn({ subject: 'alice' })
    await second.client.session.signOut()
    await clock.advance(2000)
    const third = load()
    await third.ask()
    await third.signInAndLose()
    expect(third.reasons()).toEqual(['not-signed-in', 'login-loop'])
    expect(second.reasons()).toEqual([])
  })

  test('there is no loop if another user has signed in since', async () => {
    const { clock, load } = openTab()
    const page = load()
    await page.signInAndLose()
    await clock.advance(2000)
    await page.signIn({ subject: 'bob' })
    page.refuseAll()
    await page.ask()
    expect(page.reasons()).toEqual(['refresh-rejected', 'refresh-rejected'])
  })

  test('there is a loop for the same user, and for users without a subject', async () => {
    const { clock, load } = openTab()
    for (const subject of ['alice', undefined]) {
      const page = load({ sessionName: String(subject) })
      await page.signInAndLose()
      await clock.advance(2000)
      await page.signIn(subject ? { subject } : {})
      page.refuseAll()
      await page.ask()
      expect(page.reasons()).toEqual(['refresh-rejected', 'login-loop'])
    }
  })

  test('there is no loop if the rejected request has been accepted since, also after a reload', async () => {
    const { clock, load } = openTab()
    await load().signInAndLose()
    await clock.advance(2000)
    const page = load()
    await page.signIn({ subject: 'alice' })
    await page.ask()
    page.refuseAll()
    page.refresh(async () => null)
    await page.ask()
    expect(page.reasons()).toEqual(['refresh-rejected'])
  })

  test('a response of a public route ends no loop: each round has one', async () => {
    const { clock, load } = openTab()
    const reasons: unknown[] = []
    for (let round = 0; round < 3; round += 1) {
      const page = load()
      await page.signIn({ subject: 'alice' })
      page.answer(({ path }) => (path === '/public' ? new Response('for all') : refusal()))
      page.refresh(async () => null)
      await page.client.fetch(`${stageOrigin}/public`)
      await page.ask()
      reasons.push(...page.reasons())
      await clock.advance(5000)
    }
    expect(reasons).toEqual(['refresh-rejected', 'login-loop', 'login-loop'])
  })

  test('clients of other sessions in the same tab are not confused with each other', async () => {
    const { load } = openTab()
    await load({ sessionName: 'one' }).ask()
    const other = load({ sessionName: 'two' })
    await other.ask()
    expect(other.reasons()).toEqual(['not-signed-in'])
  })
})

describe('the event for the login', () => {
  test('names the request whose refresh was rejected, not another one that was sent meanwhile', async () => {
    const { clock, load } = openTab()
    const page = load()
    await page.signIn({ subject: 'alice' })
    page.refresh(async () => null)
    page.answer(({ path }) => (path === '/refused' ? refusal() : new Response('fine')))
    await Promise.allSettled(['/a', '/refused', '/b'].map(path => page.client.fetch(stageOrigin + path)))
    await clock.advance(0)
    expect(page.logins.map(({ request }) => request)).toEqual([{ method: 'GET', url: `${stageOrigin}/refused` }])
  })

  test('names no request if session.refresh() was called by itself', async () => {
    const { clock, load } = openTab()
    const page = load()
    await page.signIn({ subject: 'alice' })
    page.refuseAll()
    // This one's refresh did well, so it is no reason for what comes later.
    await page.ask()
    page.refresh(async () => null)
    await page.client.session.refresh().catch(() => {})
    await clock.advance(0)
    expect(page.logins).toMatchObject([{ reason: 'refresh-rejected', request: null }])
  })

  test('names the current page at that time', async () => {
    vi.stubGlobal('location', {
      href: 'https://app.test/todos?code=abc&state=def&page=2#last',
      origin: 'https://app.test',
    })
    const { load } = openTab()
    const page = load()
    await page.signInAndLose()
    expect(page.logins).toMatchObject([{ returnTo: '/todos?page=2#last' }])
  })

  test('is not emitted after a sign-out, nor when another user has signed in', async () => {
    const { clock, load } = openTab()
    const page = load()
    await page.signIn({ subject: 'alice' })
    await page.signIn({ subject: 'bob' })
    await page.client.session.signOut()
    await clock.advance(60_000)
    expect(page.logins).toEqual([])
  })
})
