import { type Client, isLatchkeyError, readChallenges } from 'latchkey'
import { plural, pull } from './controls.ts'
import { note } from './journal.ts'
import type { Tally } from './tally.ts'

interface UploadAnswer {
  readonly bytes: number
  readonly sha256: string
}

export interface Senders {
  /** Sends `count` requests at once and tells what became of them. */
  send(count: number): Promise<void>
  upload(file: Blob): Promise<void>
  forbidden(): Promise<void>
}

/** The requests the page makes, all through the one client. */
export function createSenders(api: Client, tally: () => Tally): Senders {
  const since = (before: Tally) => {
    const now = tally()
    return {
      refused: now.refused - before.refused,
      exchanges: now.exchanges - before.exchanges,
      replays: now.replays - before.replays,
    }
  }

  return {
    async send(count) {
      const before = tally()
      const startedAt = performance.now()
      // `no-store`: the browser would otherwise send equal requests one after the other.
      const one = () => api.get('notes', { cache: 'no-store', retry: 0 }).json()
      const results = await Promise.allSettled(Array.from({ length: count }, one))
      const { refused, exchanges, replays } = since(before)
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
      const told = `${plural(count, 'request')} in ${seconds} s: ${refused} refused, ${plural(exchanges, 'exchange')}, ${replays} replayed, ${outcomesOf(results)}.`
      note(results.every(({ status }) => status === 'fulfilled') ? 'good' : 'plain', told)
      await pull('counters')
    },

    async upload(file) {
      const before = tally()
      try {
        const bytes = await file.arrayBuffer()
        const { sha256 } = await api.post('upload', { body: file, timeout: 60_000 }).json<UploadAnswer>()
        const isSame = sha256 === (await sha256Of(bytes))
        const twice = since(before).replays > 0 ? 'was refused, sent again, and ' : ''
        const size = `${(bytes.byteLength / 1e6).toFixed(1)} MB`
        note(
          isSame ? 'good' : 'bad',
          `The upload of ${size} ${twice}arrived ${isSame ? 'byte for byte' : 'changed'} (SHA-256 ${sha256.slice(0, 8)}…).`,
        )
      } catch (error) {
        note('plain', `The upload ${fateOf(error)}.`)
      }
    },

    async forbidden() {
      const before = tally()
      const response = await api.get('admin', { throwHttpErrors: false, cache: 'no-store' }).catch(() => null)
      if (!response) return
      const { error: code } = readChallenges(response)[0]?.params ?? {}
      const { exchanges } = since(before)
      if (response.status !== 403) return note('plain', `${response.status}: nobody is signed in.`)
      const why =
        exchanges === 0
          ? 'A new token would not help, so none was fetched'
          : 'Only the 401 before it was answered with a new token'
      note('plain', `403 ${code ?? ''} is the caller’s. ${why}.`)
    },
  }
}

function outcomesOf(results: readonly PromiseSettledResult<unknown>[]): string {
  const counts = new Map<string, number>()
  for (const result of results) {
    const fate = result.status === 'fulfilled' ? 'answered' : fateOf(result.reason)
    counts.set(fate, (counts.get(fate) ?? 0) + 1)
  }
  return [...counts].map(([fate, count]) => `${count} ${fate}`).join(', ')
}

function fateOf(error: unknown): string {
  if (!isLatchkeyError(error)) return 'failed'
  if (error.code === 'refresh-unavailable') return 'told “not now”'
  return error.code === 'session-ended' ? 'told that the session is over' : 'failed'
}

async function sha256Of(bytes: ArrayBuffer): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return Array.from(digest, byte => byte.toString(16).padStart(2, '0')).join('')
}

/** Two megabytes that no cache has seen. */
export function makeFile(): Blob {
  const chunk = () => crypto.getRandomValues(new Uint8Array(65_536))
  return new Blob(Array.from({ length: 32 }, chunk), { type: 'application/octet-stream' })
}
