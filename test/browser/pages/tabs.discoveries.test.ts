import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { startAuthServer } from '../../support/auth-server.ts'
import { type Browser, engines, type Page } from '../../support/browsers.ts'
import { openChromiumTabs, type Tab } from '../../support/chromium-tabs.ts'
import { openStageBrowser } from '../../support/tab-stage.ts'

// What browsers were found to do with several tabs (docs/discoveries/tabs.md): measured again here, and held where we rest on it.

const lines: string[] = []
afterAll(() => console.log(['What was measured', ...lines].join('\n')))

const rounds = 150

async function openPages<OfPage extends Page>(browser: Browser<OfPage>): Promise<{ url: string; pages: OfPage[] }> {
  const server = await startAuthServer()
  onTestFinished(server.close)
  const url = `${server.origin}/page.html`
  const pages = [await browser.newPage(url), await browser.newPage(url)]
  onTestFinished(async () => {
    for (const page of pages) await page.close().catch(() => {})
  })
  return { url, pages }
}

const runAll = <Result>(pages: readonly Page[], body: string, ...args: readonly unknown[]) =>
  Promise.all(pages.map(page => page.run<Result>(body, ...args)))

/** Counts up in localStorage, under one lock of all tabs; `waitMs`: before the read, once the lock is held. */
const countInStorage = `
const [rounds, waitMs] = args
for (let round = 0; round < rounds; round += 1) {
  await navigator.locks.request('count', async () => {
    if (waitMs) await new Promise(resolve => setTimeout(resolve, waitMs))
    localStorage.setItem('count', Number(localStorage.getItem('count') ?? 0) + 1)
  })
}`

/** Counts up in IndexedDB, in one transaction each and without any lock. */
const countInDatabase = `
const database = await new Promise((resolve, reject) => {
  const request = indexedDB.open('count', 1)
  request.onupgradeneeded = () => request.result.createObjectStore('numbers')
  request.onsuccess = () => resolve(request.result)
  request.onerror = () => reject(request.error)
})
for (let round = 0; round < args[0]; round += 1) {
  await new Promise((resolve, reject) => {
    const transaction = database.transaction('numbers', 'readwrite')
    const store = transaction.objectStore('numbers')
    const read = store.get('count')
    read.onsuccess = () => store.put((read.result ?? 0) + 1, 'count')
    transaction.oncomplete = resolve
    transaction.onabort = () => reject(transaction.error)
  })
}
return new Promise(resolve => {
  const read = database.transaction('numbers').objectStore('numbers').get('count')
  read.onsuccess = () => resolve(read.result)
})`

describe.each(engines)('%s', engine => {
  let browser: Browser
  beforeAll(async () => {
    browser = await openStageBrowser(engine)
  })
  afterAll(() => browser.close())

  test('localStorage may lag behind a lock: what another tab wrote under it is not always seen', async () => {
    const { pages } = await openPages(browser)
    await runAll(pages, countInStorage, rounds, 0)
    const counts = await runAll<number>(
      pages,
      "await new Promise(resolve => setTimeout(resolve, 500)); return Number(localStorage.getItem('count'))",
    )
    const lost = 2 * rounds - Math.max(...counts)
    lines.push(`${engine}: localStorage under a lock lost ${lost} of ${2 * rounds} counts`)
    expect(lost).toBeLessThan(2 * rounds)
  })

  test('localStorage read 250 ms after the lock was got loses nothing: the wait that web storage is given', async () => {
    const { pages } = await openPages(browser)
    await runAll(pages, countInStorage, 6, 250)
    const counts = await runAll<number>(pages, "return Number(localStorage.getItem('count'))")
    expect(Math.max(...counts)).toBe(12)
  })

  test('IndexedDB loses nothing: a transaction is one step for all tabs', async () => {
    const { pages } = await openPages(browser)
    const counts = await runAll<number>(pages, countInDatabase, rounds)
    lines.push(`${engine}: IndexedDB without a lock lost ${2 * rounds - Math.max(...counts)} of ${2 * rounds} counts`)
    expect(Math.max(...counts)).toBe(2 * rounds)
  })

  test('a closed tab frees its lock at once, also while it waits for an answer', async () => {
    const { pages } = await openPages(browser)
    const [holder, other] = pages
    await holder?.run(
      'await new Promise(held => { navigator.locks.request("l", () => { held(); return new Promise(() => {}) }) })',
    )
    const waiting = other?.run<number>(
      'const before = performance.now(); await navigator.locks.request("l", () => {}); return performance.now() - before',
    )
    await other?.run('await new Promise(resolve => setTimeout(resolve, 50))')
    await holder?.close()
    const ms = await waiting
    lines.push(`${engine}: the lock of a closed tab was got ${Math.round((ms ?? 0) - 50)} ms after`)
    expect(ms).toBeLessThan(2000)
  })

  test.each([
    ['a new connection', false],
    ['a kept one', true],
  ])('a POST whose connection breaks before the first byte of the answer: on %s', async (what, isKept) => {
    const server = await startAuthServer()
    onTestFinished(server.close)
    const page = await browser.newPage(`${server.origin}/page.html`)
    onTestFinished(() => page.close())
    const other = await startAuthServer()
    onTestFinished(other.close)
    if (isKept) await page.run('await (await fetch(args[0])).text()', `${other.origin}/api/a`)
    other.failRefreshes({ kind: 'lost' }, { times: 5 })
    const outcome = await page.run<string>(
      'return fetch(args[0], { method: "POST", body: "x" }).then(answer => String(answer.status), error => error.name)',
      `${other.origin}/auth/refresh`,
    )
    lines.push(
      `${engine}: a POST on ${what} that breaks is seen ${other.refreshes} times by the server, then ${outcome}`,
    )
    expect(outcome).toBe('TypeError')
  })
})

describe('tabs of chromium', () => {
  let browser: Browser<Tab>
  beforeAll(async () => {
    browser = await openChromiumTabs()
  })
  afterAll(() => browser.close())

  test('a frozen tab keeps the lock it holds', async () => {
    const { pages } = await openPages(browser)
    const [holder, other] = pages
    if (!holder || !other) return
    await holder.run(
      'await new Promise(held => { navigator.locks.request("l", () => { held(); return new Promise(() => {}) }) })',
    )
    await other.bringToFront()
    await holder.freeze()
    const isFree = await other.run<boolean>(`await new Promise(resolve => setTimeout(resolve, 1000))
      return navigator.locks.request("l", { ifAvailable: true }, lock => lock !== null)`)
    lines.push(`chromium: the lock of a frozen tab is ${isFree ? 'taken from it' : 'kept'}`)
    expect(isFree).toBe(false)
  })

  test('a frozen tab that waits for a lock is granted it, and holds up everybody behind it', async () => {
    const { pages } = await openPages(browser)
    const [sleeper, other] = pages
    if (!sleeper || !other) return
    await other.run(
      'await new Promise(held => { navigator.locks.request("l", () => { held(); return new Promise(go => { window.go = go }) }) })',
    )
    await sleeper.run(
      'navigator.locks.request("l", () => { window.got = true; return new Promise(() => {}) }); await 0',
    )
    await other.bringToFront()
    await sleeper.freeze()
    const isFree = await other.run<boolean>(`window.go(); await new Promise(resolve => setTimeout(resolve, 500))
      return navigator.locks.request("l", { ifAvailable: true }, lock => lock !== null)`)
    lines.push(`chromium: a lock that a frozen tab waits for is ${isFree ? 'not granted to it' : 'granted to it'}`)
    expect(isFree).toBe(false)
  })

  test('a frozen tab hears BroadcastChannel, and what it then asks for waits until it is thawed', async () => {
    const { pages } = await openPages(browser)
    const [sleeper, other] = pages
    if (!sleeper || !other) return
    await sleeper.run(`window.seen = []
      const note = what => window.seen.push(what)
      document.addEventListener("resume", () => note("resume"))
      addEventListener("storage", () => note("storage"))
      const database = await new Promise(resolve => {
        const request = indexedDB.open("seen", 1)
        request.onupgradeneeded = () => request.result.createObjectStore("s")
        request.onsuccess = () => resolve(request.result)
      })
      window.channel = new BroadcastChannel("c")
      window.channel.onmessage = () => {
        note("message")
        queueMicrotask(() => note("microtask"))
        setTimeout(() => note("timer"), 0)
        database.transaction("s").objectStore("s").get(1).onsuccess = () => note("IndexedDB")
        navigator.locks.request("l", () => note("lock"))
        fetch("/page.html").then(() => note("fetch"))
      }`)
    await other.bringToFront()
    await sleeper.freeze()
    await other.run(`new BroadcastChannel("c").postMessage(1)
      localStorage.setItem("a", 1)
      await new Promise(resolve => setTimeout(resolve, 700))`)
    const asleep = await sleeper.run<string[]>('return window.seen')
    await sleeper.resume()
    await other.run('await new Promise(resolve => setTimeout(resolve, 1200))')
    const seen = await sleeper.run<string[]>('return window.seen')
    const then = seen.slice(asleep.length).join(', ')
    lines.push(`chromium: a frozen tab sees ${asleep.join(', ') || 'nothing'}; once thawed, in this order: ${then}`)
    expect(asleep.filter(what => what !== 'message' && what !== 'microtask')).toEqual([])
    // All of it comes in the end, and the page is told that it woke before anything that it had waited for.
    expect(seen.toSorted()).toEqual([
      'IndexedDB',
      'fetch',
      'lock',
      'message',
      'microtask',
      'resume',
      'storage',
      'timer',
    ])
    expect(seen.indexOf('resume')).toBeLessThan(seen.indexOf('IndexedDB'))
  })
})
