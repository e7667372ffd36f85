import { chromium } from 'playwright'
import { expect, onTestFinished, test } from 'vitest'
import { startAuthServer } from '../../support/auth-server.ts'
import { chromiumLaunch } from '../../support/browser-launch.ts'

interface TraceEvent {
  readonly name: string
  readonly cat: string
  readonly ph: string
  readonly args: { readonly detail?: string; readonly data?: { readonly detail?: string } }
}

/** As the Performance panel of DevTools reads its custom tracks. */
const trackOf = ({ args }: TraceEvent): string => {
  const { devtools } = JSON.parse(args.data?.detail ?? args.detail ?? '{}') as {
    devtools?: { track?: string; trackGroup?: string; dataType?: string }
  }
  return devtools?.dataType ?? `${devtools?.trackGroup} ${devtools?.track}`
}

test('userTiming draws tracks in a trace of Chromium, as its DevTools read them', async () => {
  const server = await startAuthServer()
  onTestFinished(server.close)
  const browser = await chromium.launch(chromiumLaunch)
  onTestFinished(() => browser.close())
  const page = await browser.newPage()
  await page.goto(`${server.origin}/page.html`)
  await browser.startTracing(page, { categories: ['blink.user_timing'] })
  await page.evaluate(`(async () => {
    const { createClient } = await import('latchkey')
    const { userTiming } = await import('latchkey/observe')
    const api = createClient({ baseUrl: location.origin, refresh: ({ refreshToken, post }) => post('auth/refresh', { refreshToken }) })
    userTiming().observe(api)
    await api.session.signIn(await api.post('auth/login', { auth: false }).json())
    await api.session.refresh()
    await api.get('api/notes?key=hush').json()
  })()`)
  const trace = String(await browser.stopTracing())
  const { traceEvents } = JSON.parse(trace) as { traceEvents: readonly TraceEvent[] }
  // A measure is told at its begin and its end.
  const told = traceEvents.filter(({ name, ph }) => name.startsWith('latchkey: ') && ph !== 'e')
  const shown = told.map(event => `${trackOf(event)}: ${event.name.replace(server.origin, '')}`)
  expect([...new Set(shown)].sort()).toEqual([
    'latchkey Refreshes: latchkey: token refresh',
    'latchkey Requests: latchkey: GET /api/notes',
    'latchkey Requests: latchkey: GET /api/notes sent',
    'latchkey Requests: latchkey: POST /auth/login',
    'latchkey Requests: latchkey: POST /auth/login sent',
    'marker: latchkey: signed in',
  ])
  expect(told.some(event => JSON.stringify(event).includes('hush'))).toBe(false)
})
