import { getEventListeners } from 'node:events'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { type KyTimeouts, outsideTimeouts } from '../../../src/client/ky-timeouts.ts'

const waitOnce = (request: Request, limits: Partial<KyTimeouts>, transport: typeof fetch) => {
  const call = { transport, onWait: undefined, signal: undefined } as Parameters<typeof outsideTimeouts>[1]
  const all = {
    timeout: 1000,
    totalTimeout: false,
    startedAt: 0,
    timedOut: () => new Error('timed out'),
    ...limits,
  } as const
  return outsideTimeouts(request, call, all, async () => {
    call.onWait?.()
    return call.transport(request, {})
  })
}

describe.each([{ totalTimeout: false }, { totalTimeout: 1000, startedAt: performance.now() }] as const)(
  'a call that waited, with %o',
  limits => {
    test('leaves no listener on the signal of its request, and its own signal follows it as long as a body is read', async () => {
      const controller = new AbortController()
      const request = new Request('https://api.test/', { signal: controller.signal })
      const before = getEventListeners(request.signal, 'abort').length
      let sent: AbortSignal | null | undefined
      await waitOnce(request, limits, async (_, init) => {
        sent = init?.signal
        return new Response()
      })
      expect(getEventListeners(request.signal, 'abort')).toHaveLength(before)
      expect(sent?.aborted).toBe(false)
      controller.abort('left')
      expect([sent?.aborted, sent?.reason]).toEqual([true, 'left'])
    })

    test('follows the signal of its request where the engine cannot join signals', async () => {
      const any = Object.getOwnPropertyDescriptor(AbortSignal, 'any') as PropertyDescriptor
      Reflect.deleteProperty(AbortSignal, 'any')
      onTestFinished(() => void Object.defineProperty(AbortSignal, 'any', any))
      const controller = new AbortController()
      let sent: AbortSignal | null | undefined
      await waitOnce(new Request('https://api.test/', { signal: controller.signal }), limits, async (_, init) => {
        sent = init?.signal
        return new Response()
      })
      controller.abort('left')
      expect([sent?.aborted, sent?.reason]).toEqual([true, 'left'])
    })
  },
)

test.each([{ timeout: 20 }, { timeout: false, totalTimeout: 20, startedAt: performance.now() }] as const)(
  'a call that waited is timed where the engine has no AbortController: %o',
  async limits => {
    const request = new Request('https://api.test/')
    vi.stubGlobal('AbortController', undefined)
    await expect(waitOnce(request, limits, () => new Promise(() => {}))).rejects.toThrow('timed out')
  },
)
