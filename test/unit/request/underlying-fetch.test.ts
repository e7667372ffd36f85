import { describe, expect, test, vi } from 'vitest'
import { ConfigurationError } from '../../../src/errors.ts'
import { createUnderlyingFetch } from '../../../src/request/underlying-fetch.ts'

describe('The network below the wrappers of a fetch', () => {
  const start = (network: () => unknown) => {
    vi.stubGlobal('fetch', vi.fn(network))
    return createUnderlyingFetch()
  }

  test('is called for each request, also for one that is sent before the response of another, or after one that failed', async () => {
    const send = start(async () => new Response())
    await Promise.all([send('https://api.test/a'), send('https://api.test/b', { method: 'PUT' })])
    vi.mocked(fetch).mockImplementationOnce(() => {
      throw new TypeError('no network')
    })
    expect(() => send('https://api.test/c')).toThrow('no network')
    await send('https://api.test/d')
    expect(vi.mocked(fetch).mock.calls).toEqual([
      ['https://api.test/a', undefined],
      ['https://api.test/b', { method: 'PUT' }],
      ['https://api.test/c', undefined],
      ['https://api.test/d', undefined],
    ])
  })

  test('is not the page’s fetch that calls the client: that would never end, and the error names the option', async () => {
    const send: typeof fetch = start(() => send('https://api.test/a'))
    expect(() => send('https://api.test/a')).toThrow(ConfigurationError)
    expect(() => send('https://api.test/a')).toThrow(/`fetch`: /)
    expect(fetch).toHaveBeenCalledTimes(2)
  })
})
