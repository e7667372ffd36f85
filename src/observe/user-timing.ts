import { errorType, listen, type Observer } from './observer.ts'

interface Call {
  readonly fromMs: number
  /** What it does now; empty: nothing that is measured. */
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
      let refreshFromMs = 0
      const endRefresh = (text: string) => {
        if (refreshFromMs) measure({ track: 'Refreshes', name: 'refresh', fromMs: refreshFromMs, text })
        refreshFromMs = 0
      }
      return listen(client, {
        request(event) {
          const { id, step } = event
          const now = performance.now()
          const call = calls.get(id) ?? { fromMs: now, phase: '', phaseFromMs: 0, isReplay: false }
          calls.set(id, call)
          const name = `${event.method} ${event.url}`
          call.isReplay ||= step === 'replayed'
          if (call.phase) measure({ track: 'Requests', name: `${name} ${call.phase}`, fromMs: call.phaseFromMs })
          call.phase = step === 'sent' ? (call.isReplay ? 'replayed' : 'sent') : ''
          if (step === 'waiting' && event.for !== 'store') call.phase = `waiting for ${event.for}`
          call.phaseFromMs = now
          if (step !== 'completed' && step !== 'failed') return
          calls.delete(id)
          const text = step === 'failed' ? errorType(event.error) : String(event.status)
          measure({ track: 'Requests', name, fromMs: call.fromMs, text })
        },
        'refresh-started': () => {
          refreshFromMs ||= performance.now()
        },
        refreshed: ({ cause }) => endRefresh(cause),
        'refresh-failed': ({ error }) => endRefresh(error.reason),
        'signed-in': () => mark('signed in'),
        ended({ reason }) {
          endRefresh(reason)
          mark(`session ended: ${reason}`)
        },
      })
    },
  }
}

interface Measure {
  readonly track: string
  readonly name: string
  readonly fromMs: number
  /** @default name */
  readonly text?: string
}

function measure({ track, name, fromMs, text = name }: Measure): void {
  const full = `latchkey: ${name}`
  const devtools = { track, trackGroup: 'latchkey', tooltipText: text }
  performance.measure(full, { start: fromMs, detail: { devtools } })
  // Told to observers and traces already; kept, they would fill the page's buffer.
  performance.clearMeasures(full)
}

function mark(name: string): void {
  const full = `latchkey: ${name}`
  performance.mark(full, { detail: { devtools: { dataType: 'marker' } } })
  performance.clearMarks(full)
}
