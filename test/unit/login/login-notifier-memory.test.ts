import { describe, expect, test, vi } from 'vitest'
import { openTab } from '../../support/login-tab.ts'

describe('what the tab remembers', () => {
  test('is a time and nothing else: no user, request or token (SG-02)', async () => {
    const { items, load } = openTab()
    await load({ sessionName: 'ours' }).signInAndLose()
    expect([...items]).toEqual([['latchkey:login:ours', '{"at":1767225600000,"signedIn":false}']])
  })

  test.each([
    '',
    'null',
    '[]',
    '{',
    '"x"',
    '{"at":"soon"}',
    '{"at":1e999}',
    '{"signedIn":true}',
    '{"at":99999999999999}',
  ])('is ignored if it is invalid: %s', async stored => {
    const { items, load } = openTab()
    items.set('latchkey:login:ours', stored)
    const page = load({ sessionName: 'ours' })
    await page.ask()
    expect(page.reasons()).toEqual(['not-signed-in'])
  })

  test('is ignored if the clock was set back: a time in the future suppresses nothing', async () => {
    const { clock, load } = openTab()
    await load().ask()
    clock.jumpWall(-86_400_000)
    const next = load()
    await next.ask()
    expect(next.reasons()).toEqual(['not-signed-in'])
  })

  test.each([
    ['is missing', () => vi.stubGlobal('sessionStorage', undefined)],
    [
      'may not be touched',
      () =>
        Object.defineProperty(globalThis, 'sessionStorage', {
          configurable: true,
          get: () => {
            throw new DOMException('The document is sandboxed', 'SecurityError')
          },
        }),
    ],
    [
      'is full',
      () =>
        vi.stubGlobal('sessionStorage', {
          getItem: () => null,
          setItem: () => {
            throw new DOMException('no room', 'QuotaExceededError')
          },
        }),
    ],
  ])('is in the page where the storage %s', async (_, spoil) => {
    const { clock, load } = openTab()
    spoil()
    const page = load()
    for (let second = 0; second < 15; second += 1) {
      await page.ask()
      await clock.advance(1000)
    }
    expect(page.reasons()).toEqual(['not-signed-in', 'not-signed-in'])
  })
})
