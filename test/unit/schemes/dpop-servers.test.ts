import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createServers } from '../../../src/schemes/dpop/servers.ts'

const url = new URL('https://api.test/a')
const now = Date.parse('2030-01-01T12:00:00Z')

const answer = (headers: Record<string, string> = {}, from = '') => ({ headers: new Headers(headers), url: from })
const nonce = (value: string) => answer({ 'dpop-nonce': value })
const date = (clockSkewMs: number) => answer({ date: new Date(now + clockSkewMs).toUTCString() })

beforeEach(() => {
  vi.useFakeTimers({ now, toFake: ['Date'] })
})
afterEach(() => {
  vi.useRealTimers()
})

describe('a nonce (DP-06)', () => {
  test('is kept by origin, whatever the path', () => {
    const servers = createServers()
    servers.learn({ role: 'api', url, notes: {} }, nonce('one'), undefined)
    expect(servers.notesOf('api', new URL('https://api.test/b?c'))).toEqual({ nonce: 'one' })
    expect(servers.notesOf('api', new URL('https://api.test:8443/a'))).toEqual({})
  })

  test('of an authorization server is not the API’s, even at one origin', () => {
    const servers = createServers()
    servers.learn({ role: 'token', url, notes: {} }, nonce('one'), undefined)
    expect(servers.notesOf('api', url)).toEqual({})
  })

  test('stays until another one comes: a response without one removes nothing', () => {
    const servers = createServers()
    servers.learn({ role: 'api', url, notes: {} }, nonce('one'), undefined)
    servers.learn({ role: 'api', url, notes: {} }, answer(), undefined)
    servers.learn({ role: 'api', url, notes: {} }, nonce(''), undefined)
    expect(servers.notesOf('api', url)).toEqual({ nonce: 'one' })
  })

  test('belongs to the server that sent it, if a redirect led to another', () => {
    const servers = createServers()
    const elsewhere = answer({ 'dpop-nonce': 'theirs' }, 'https://other.test/b')
    expect(servers.learn({ role: 'api', url, notes: {} }, elsewhere, 'use_dpop_nonce')).toBe(null)
    expect(servers.notesOf('api', url)).toEqual({})
    expect(servers.notesOf('api', new URL('https://other.test'))).toEqual({ nonce: 'theirs' })
  })

  test('is forgotten for the servers that responded longest ago, beyond 32 of them', () => {
    const servers = createServers()
    const at = (index: number) => new URL(`https://a${index}.test`)
    for (let index = 0; index < 32; index += 1)
      servers.learn({ role: 'api', url: at(index), notes: {} }, nonce('n'), undefined)
    servers.learn({ role: 'api', url: at(0), notes: {} }, nonce('newer'), undefined)
    servers.learn({ role: 'api', url: at(32), notes: {} }, nonce('n'), undefined)
    expect([0, 1, 2, 32].map(index => servers.notesOf('api', at(index)).nonce)).toEqual(['newer', undefined, 'n', 'n'])
  })
})

describe('another proof may help (DP-07)', () => {
  test.each([
    ['a nonce, where there was none', nonce('new'), {}, 'use_dpop_nonce', 'nonce'],
    ['another nonce', nonce('new'), { nonce: 'old' }, 'use_dpop_nonce', 'nonce'],
    ['the same nonce', nonce('old'), { nonce: 'old' }, 'use_dpop_nonce', null],
    ['no nonce', answer(), { nonce: 'old' }, 'use_dpop_nonce', null],
    ['a date, and no nonce', date(3_600_000), {}, 'use_dpop_nonce', null],
    ['another nonce, of a proof that was wrong', nonce('new'), { nonce: 'old' }, 'invalid_dpop_proof', 'nonce'],
    ['another nonce, of a token that was refused', nonce('new'), { nonce: 'old' }, 'invalid_token', null],
    ['another nonce, of a request that was let in', nonce('new'), { nonce: 'old' }, undefined, null],
  ] as const)('%s', (_name, response, used, error, helps) => {
    expect(createServers().learn({ role: 'api', url, notes: used }, response, error)).toBe(helps)
  })
})

describe('a server’s time (DP-13)', () => {
  test.each([
    ['an hour ahead', 3_600_000, {}, 'clock'],
    ['an hour behind', -3_600_000, {}, 'clock'],
    ['a second ahead', 1000, {}, null],
    ['as was known', 3_600_000, { clockSkewMs: 3_600_000 }, null],
    ['as ours, since ours was set right', 0, { clockSkewMs: 3_600_000 }, 'clock'],
  ])('%s', (_name, clockSkewMs, used, helps) => {
    const servers = createServers()
    expect(servers.learn({ role: 'api', url, notes: used }, date(clockSkewMs), 'invalid_dpop_proof')).toBe(helps)
    expect(servers.notesOf('api', url)).toEqual(helps ? { clockSkewMs } : {})
  })

  test('is learned together with a new nonce, of a server that sends one with every response', () => {
    const servers = createServers()
    const refused = answer({ 'dpop-nonce': 'second', date: new Date(now + 3_600_000).toUTCString() })
    expect(servers.learn({ role: 'api', url, notes: { nonce: 'first' } }, refused, 'invalid_dpop_proof')).toBe('clock')
    expect(servers.notesOf('api', url)).toEqual({ nonce: 'second', clockSkewMs: 3_600_000 })
  })

  test('is used of a rejected proof alone: other responses may come from a cache', () => {
    const servers = createServers()
    servers.learn({ role: 'api', url, notes: {} }, date(3_600_000), undefined)
    servers.learn({ role: 'api', url, notes: {} }, date(3_600_000), 'use_dpop_nonce')
    expect(servers.notesOf('api', url)).toEqual({})
  })

  test.each(['', 'yesterday'])('that reads "%s" is invalid', text => {
    const servers = createServers()
    expect(servers.learn({ role: 'api', url, notes: {} }, answer({ date: text }), 'invalid_dpop_proof')).toBe(null)
  })
})
