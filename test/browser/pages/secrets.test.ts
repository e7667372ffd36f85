import { type CDPSession, chromium, type Page, type Browser as Playwright } from 'playwright'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  anyWay,
  findPaths,
  globalOf,
  type Heap,
  type HeapNode,
  publicWay,
  takeHeap,
  wholeStrings,
} from '../../load/heap-snapshot.ts'
import type { Life } from '../../load/secrets/in-page.ts'
import { schemes, secretPattern, serveSecrets } from '../../load/secrets/serve.ts'
import { chromiumLaunch } from '../../support/browser-launch.ts'

let browser: Playwright
beforeAll(async () => {
  browser = await chromium.launch({ ...chromiumLaunch, args: [...(chromiumLaunch.args ?? []), wholeStrings] })
})
afterAll(() => browser.close())

/** Tokens, proofs and keys. The class of keys and its prototype have the same name. */
const isSecret = ({ type, name }: HeapNode) => secretPattern.test(name) || (type === 'native' && name === 'CryptoKey')
const foundAnywhere = (heap: Heap) => findPaths(heap, anyWay, isSecret)
const foundInPublic = (heap: Heap) => findPaths(heap, publicWay(globalOf(heap, 'whatAPageHolds')), isSecret)

describe.each(schemes)('in a page of Chromium, with tokens by %s,', scheme => {
  let server: Awaited<ReturnType<typeof serveSecrets>>
  let page: Page
  let protocol: CDPSession
  let heap: Heap
  const call = <Result>(name: keyof Life) => page.evaluate<Result>(`life.${name}()`)

  beforeAll(async () => {
    server = await serveSecrets(scheme)
    page = await browser.newPage()
    await page.goto(`${server.origin}/#${scheme}`)
    await page.waitForFunction('globalThis.life')
    protocol = await page.context().newCDPSession(page)
    await call('signIn')
    await call('live')
    heap = await takeHeap(protocol)
  })
  afterAll(async () => {
    await page.close()
    await server.close()
  })

  test('there have been replays, a step-up, a refresh and errors of every kind, and tokens are in use', async () => {
    expect(await call('counts')).toMatchObject({
      steps: ['completed', 'failed', 'rejected', 'replayed', 'sent', 'waiting'],
      reauthentications: 1,
      errors: ['AbortError', 'HTTPError', 'NetworkError', 'RefreshUnavailableError'],
      statuses: [200],
      status: 'signed-in',
    })
    const found = foundAnywhere(heap).map(path => /: (\w+?)_/.exec(path)?.[1] ?? 'CryptoKey')
    expect(new Set(found)).toEqual(new Set(['access', 'refresh', ...(scheme === 'dpop' ? ['CryptoKey'] : [])]))
  })

  test('no token, proof or key can be read of anything that an app gets hold of', () => {
    expect(foundInPublic(heap)).toEqual([])
  })

  test('no text of a platform object, its headers among them, shows a token or a proof', async () => {
    const texts = await call<string[]>('read')
    expect(texts.length).toBeGreaterThan(500)
    expect(texts.filter(text => secretPattern.test(text))).toEqual([])
  })

  test('a token on a public property is found, with its path', async () => {
    await call('plant')
    const planted = await takeHeap(protocol)
    const texts = await call<string[]>('read')
    await call('unplant')
    expect(foundInPublic(planted)).toEqual([expect.stringMatching(/ → events → \d+ → detail → .*: access_/)])
    expect(texts.filter(text => secretPattern.test(text))).toEqual([
      expect.stringMatching(/^\.events\.\d+\.detail.*: Bearer access_/),
    ])
  })

  test('after the sign-out no token, proof or key is left in the heap, whatever the page has kept', async () => {
    await call('signOut')
    expect(await call('counts')).toMatchObject({
      status: 'signed-out',
      errors: expect.arrayContaining(['SessionEndedError']),
    })
    expect(foundAnywhere(await takeHeap(protocol))).toEqual([])
  })
})
