import { expect, test, vi } from 'vitest'
import { createTabChannel } from '../../../src/tabs/tab-channel.ts'
import { createTabLock, type HeldLock } from '../../../src/tabs/tab-lock.ts'
import { createDeferred } from '../../support/deferred.ts'

test('A lock is shared by all tabs and held until the work ends', async () => {
  const end = createDeferred()
  let seen: HeldLock | undefined
  const answer = createTabLock().request('main', undefined, held => {
    seen = held
    return end.promise
  })
  await vi.waitFor(() => expect(seen).toEqual({ lost: false, shared: true }))
  const other = () => navigator.locks.request('latchkey:main', { ifAvailable: true }, lock => lock === null)
  expect(await other()).toBe(true)
  end.resolve()
  await answer
  expect(await other()).toBe(false)
})

test('A lock that was taken away is lost to the work, and the answer waits for the work (RT-11)', async () => {
  const end = createDeferred()
  let seen: HeldLock | undefined
  const answer = createTabLock().request('main', undefined, held => {
    seen = held
    return end.promise
  })
  await vi.waitFor(() => expect(seen).toBeDefined())
  await navigator.locks.request('latchkey:main', { steal: true }, async () => {})
  await vi.waitFor(() => expect(seen?.lost).toBe(true))
  end.resolve()
  await answer
})

test('A wait for a lock can be left (RT-10)', async () => {
  const lock = createTabLock()
  const end = createDeferred()
  const first = lock.request('main', undefined, () => end.promise)
  const controller = new AbortController()
  const work = vi.fn(async () => {})
  const second = lock.request('main', controller.signal, work)
  controller.abort()
  await second
  end.resolve()
  await first
  expect(work).not.toHaveBeenCalled()
})

/** An origin of nobody: no locks, no storage. Its script tells what happened there. */
const inOpaqueOrigin = async (script: string): Promise<unknown> => {
  const frame = document.createElement('iframe')
  frame.setAttribute('sandbox', 'allow-scripts')
  frame.srcdoc = `<script type="module">
    try { parent.postMessage({ opaque: await (async () => { ${script} })() }, '*') }
    catch (error) { parent.postMessage({ opaque: String(error) }, '*') }
  </script>`
  const told = new Promise(resolve => {
    addEventListener('message', function listener({ data }: MessageEvent) {
      if (!data || typeof data !== 'object' || !('opaque' in data)) return
      removeEventListener('message', listener)
      resolve(data.opaque)
    })
  })
  document.body.append(frame)
  try {
    return await told
  } finally {
    frame.remove()
  }
}

test('In an opaque origin, where Web Locks are refused, the page queues with itself (RT-12)', async () => {
  const sourceOf = async (path: string) => (await fetch(new URL(path, import.meta.url))).text()
  const source = JSON.stringify(await sourceOf('../../../src/tabs/tab-lock.ts'))
  const abort = JSON.stringify(await sourceOf('../../../src/platform/abort.ts'))
  const told = await inOpaqueOrigin(`
    const moduleOf = text => URL.createObjectURL(new Blob([text], { type: 'text/javascript' }))
    // What it imports is no more to be had from there than it is itself.
    const whole = ${source}.replace(/"[^"]*abort\\.ts[^"]*"/, () => JSON.stringify(moduleOf(${abort})))
    const { createTabLock } = await import(moduleOf(whole))
    const steps = []
    const work = name => async held => {
      steps.push(name + ' begins', held.shared)
      await new Promise(resolve => setTimeout(resolve))
      steps.push(name + ' ends')
    }
    const locks = [createTabLock(), createTabLock()]
    await Promise.all(locks.map((lock, index) => lock.request('main', undefined, work(String(index)))))
    return steps`)
  expect(told).toEqual(['0 begins', false, '0 ends', '1 begins', false, '1 ends'])
})

test('A hint crosses from one channel to another', async () => {
  const heard = createDeferred<unknown>()
  const listening = createTabChannel('main', heard.resolve)
  const telling = createTabChannel('main', () => {})
  telling.post({ sessionId: 'session-one', generation: 3 })
  expect(await heard.promise).toEqual({ sessionId: 'session-one', generation: 3 })
  expect(telling.isReliable).toBe(true)
  listening.close()
  telling.close()
})
