import { errorType, listen, type Observer, onSignedOut } from './observer.ts'

interface Call {
  readonly fromMs: number
  /** What it does now; empty if that is not measured. */
  phase: string
  phaseFromMs: number
  isReplay: boolean
}

/**
 * Writes calls, sends, waits and refreshes as measures, and sign-ins and ends as marks. The Performance panel of Chromium's DevTools
 * shows them in tracks named after latchkey. A `PerformanceObserver` sees them; the page's own buffer stays empty.
 * @example userTiming().observe(api)
 * @see https://developer.chrome.com/docs/devtools/performance/extension
 * @see https://www.w3.org/TR/user-timing/
 */
export function userTiming(): Observer {
  return {
    observe(client) {
      const calls = new Map<number, Call>()
      const measureRequest = createTrack('Requests')
      const measureRefresh = createTrack('Refreshes')
      let refreshFromMs = 0
      const endRefresh = (text: string) => {
        if (refreshFromMs) measureRefresh('token refresh', refreshFromMs, text)
        refreshFromMs = 0
      }
      const stop = listen(client, {
        request(event) {
          const { id, step } = event
          const now = performance.now()
          const call = calls.get(id) ?? { fromMs: now, phase: '', phaseFromMs: 0, isReplay: false }
          calls.set(id, call)
          const name = `${event.method} ${event.url}`
          call.isReplay ||= step === 'replayed'
          if (call.phase) measureRequest(`${name} ${call.phase}`, call.phaseFromMs)
          call.phase = step === 'sent' ? (call.isReplay ? 'replayed' : 'sent') : ''
          if (step === 'waiting' && event.for !== 'store') call.phase = `wait for ${event.for}`
          call.phaseFromMs = now
          if (step !== 'completed' && step !== 'failed') return
          calls.delete(id)
          measureRequest(name, call.fromMs, step === 'failed' ? errorType(event.error) : String(event.status))
        },
        'refresh-started': () => {
          refreshFromMs ||= performance.now()
        },
        refreshed: ({ cause }) => endRefresh(cause),
        restored: ({ from }) => endRefresh(`restored from the ${from}`),
        'refresh-failed': ({ error }) => endRefresh(error.reason),
        'signed-in'() {
          endRefresh('signed in')
          mark('signed in')
        },
        ended({ reason }) {
          endRefresh(reason)
          mark(`ended: ${reason}`)
        },
      })
      const stopSignedOut = onSignedOut(client, () => endRefresh('no user'))
      return () => {
        stop()
        stopSignedOut()
      }
    },
  }
}

/** Writes measures that last until now, in one track. */
const createTrack =
  (track: string) =>
  (name: string, start: number, tooltipText = name): void => {
    const full = `latchkey: ${name}`
    performance.measure(full, { start, detail: { devtools: { track, trackGroup: 'latchkey', tooltipText } } })
    // Observers and traces have it by now. In the page's buffer it would only take space.
    performance.clearMeasures(full)
  }

function mark(name: string): void {
  const full = `latchkey: ${name}`
  performance.mark(full, { detail: { devtools: { dataType: 'marker' } } })
  performance.clearMarks(full)
}
