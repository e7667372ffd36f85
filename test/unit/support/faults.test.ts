import { describe, expect, onTestFinished, test } from 'vitest'
import { startAuthServer } from '../../support/auth-server.ts'

const start = async () => {
  const server = await startAuthServer()
  onTestFinished(server.close)
  const { accessToken, refreshToken } = server.issue()
  const refresh = (init: RequestInit = {}) => {
    const headers = { 'content-type': 'application/json' }
    return fetch(`${server.origin}/auth/refresh`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ refreshToken }),
      ...init,
    })
  }
  const call = (path: string) => fetch(server.origin + path, { headers: { authorization: `Bearer ${accessToken}` } })
  return { server, refresh, call }
}

describe('a held refresh', () => {
  test('is counted, and nothing happens to its token until it is released', async () => {
    const { server, refresh } = await start()
    const gate = server.holdRefresh()
    const answer = refresh()
    await gate.reached()
    expect(server.refreshLog).toMatchObject([{ outcome: null }])
    gate.open()
    expect((await answer).status).toBe(200)
    expect(server.refreshLog).toMatchObject([{ outcome: 'granted' }])
  })

  test('has rotated its token already where it is held after handling', async () => {
    const { server, refresh } = await start()
    const gate = server.holdRefresh({ at: 'after-handling' })
    const answer = refresh()
    await gate.reached()
    expect(server.refreshLog).toMatchObject([{ outcome: 'granted' }])
    gate.open({ kind: 'lost' })
    await expect(answer).rejects.toThrow('fetch failed')
    expect((await refresh()).status).toBe(401)
    expect(server.reuses).toBe(1)
  })

  test('is released in the order of arrival, one by one', async () => {
    const { server, call } = await start()
    const gate = server.holdApi({ path: '/api/slow', times: 2 })
    const order: string[] = []
    const first = call('/api/slow').then(() => order.push('first'))
    await gate.reached(1)
    const second = call('/api/slow').then(() => order.push('second'))
    await gate.reached(2)
    expect((await call('/api/other')).status).toBe(200)
    gate.releaseOne()
    await first
    gate.releaseOne()
    await second
    expect(order).toEqual(['first', 'second'])
  })

  test('does not hold requests that come after it was opened', async () => {
    const { server, call } = await start()
    const gate = server.holdApi({ times: 10 })
    const held = call('/api/x')
    await gate.reached()
    gate.open()
    expect((await held).status).toBe(200)
    expect((await call('/api/x')).status).toBe(200)
  })
})

describe('a fault', () => {
  test('before handling leaves the token as it was, so that it can be used afterwards', async () => {
    const { server, refresh } = await start()
    server.failRefreshes({ kind: 'status', status: 503, headers: { 'retry-after': '7' } })
    const answer = await refresh()
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '7'])
    expect((await refresh()).status).toBe(200)
    expect(server.reuses).toBe(0)
  })

  test('occurs as often as configured', async () => {
    const { server, refresh } = await start()
    server.failRefreshes({ kind: 'status', status: 500 }, { times: 2 })
    expect([(await refresh()).status, (await refresh()).status, (await refresh()).status]).toEqual([500, 500, 200])
  })

  test('can cut a response off in its body, after its headers have come', async () => {
    const { server, refresh } = await start()
    server.failRefreshes({ kind: 'truncated' }, { at: 'after-handling' })
    const answer = await refresh()
    expect(answer.status).toBe(200)
    await expect(answer.text()).rejects.toThrow('terminated')
  })

  test('can hang before the headers, and in the body', async () => {
    const { server, refresh } = await start()
    const headers = server.holdRefresh({ at: 'after-handling' })
    const leave = new AbortController()
    const silent = refresh({ signal: leave.signal })
    await headers.reached()
    headers.open({ kind: 'hang-in-headers' })
    leave.abort(new Error('waited long enough'))
    await expect(silent).rejects.toThrow('waited long enough')

    server.failRefreshes({ kind: 'hang-in-body' })
    const stop = new AbortController()
    const answer = await refresh({ signal: stop.signal })
    expect(answer.status).toBe(200)
    stop.abort(new Error('the body never ended'))
    await expect(answer.text()).rejects.toThrow('the body never ended')
  })

  test('can be a captive portal, garbage, or a redirect that keeps the body', async () => {
    const { server, refresh } = await start()
    server.failRefreshes({ kind: 'captive-portal' })
    expect((await refresh()).headers.get('content-type')).toBe('text/html')
    server.failRefreshes({ kind: 'garbage' })
    await expect((await refresh()).json()).rejects.toThrow(SyntaxError)
    server.failRefreshes({ kind: 'redirect', location: 'http://elsewhere.test/' })
    const redirect = await refresh({ redirect: 'manual' })
    expect([redirect.status, redirect.headers.get('location')]).toEqual([307, 'http://elsewhere.test/'])
  })

  test('is removed when the test clears faults', async () => {
    const { server, refresh, call } = await start()
    server.failRefreshes({ kind: 'lost' })
    server.refuse('/api/x')
    server.clearFaults()
    expect((await call('/api/x')).status).toBe(200)
    expect((await refresh()).status).toBe(200)
  })
})
