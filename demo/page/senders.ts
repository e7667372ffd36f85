import { type Client, isLatchkeyError, readChallenges } from 'latchkey'
import { plural, pull } from './controls.ts'
import { note } from './journal.ts'
import type { Action } from './tally.ts'

interface UploadAnswer {
  readonly bytes: number
  readonly sha256: string
}

/** Sends `count` requests at once and tells what became of them. */
export async function sendMany(api: Client, { counts }: Action, count: number): Promise<void> {
  const startedAt = performance.now()
  // `no-store`: the browser would otherwise send equal requests one after the other.
  const one = () => api.get('notes', { cache: 'no-store', retry: 0 }).json()
  const results = await Promise.allSettled(Array.from({ length: count }, one))
  const { rejected, refreshes, replays } = counts
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  const did = `${rejected} rejected, ${plural(refreshes, 'refresh', 'refreshes')}, ${replays} replayed`
  const isGood = results.every(({ status }) => status === 'fulfilled')
  note(isGood ? 'good' : 'plain', `${plural(count, 'request')} in ${seconds} s: ${did}, ${outcomesOf(results)}.`)
  await pull('counters')
}

/** Uploads two megabytes that no cache has seen, and holds what arrived against what was sent. */
export async function upload(api: Client, { counts }: Action): Promise<void> {
  const chunk = () => crypto.getRandomValues(new Uint8Array(65_536))
  const file = new Blob(Array.from({ length: 32 }, chunk), { type: 'application/octet-stream' })
  try {
    const { bytes, sha256 } = await api.post('upload', { body: file, timeout: 60_000 }).json<UploadAnswer>()
    const isSame = sha256 === (await sha256Of(file))
    const twice = counts.replays > 0 ? 'was rejected, sent again, and ' : ''
    const arrived = `${twice}arrived ${isSame ? 'byte for byte' : 'changed'}`
    const size = `${(bytes / 1e6).toFixed(1)} MB`
    note(isSame ? 'good' : 'bad', `The upload of ${size} ${arrived} (SHA-256 ${sha256.slice(0, 8)}…).`)
  } catch (error) {
    note('plain', `The upload was ${fateOf(error)}.`)
  }
}

/** Asks for what no user may have: a 403 is the caller's. */
export async function askForbidden(api: Client, { counts }: Action): Promise<void> {
  const response = await api.get('admin', { throwHttpErrors: false, cache: 'no-store' }).catch(() => null)
  if (!response) return
  if (response.status !== 403) return note('plain', `${response.status}: no user is signed in.`)
  const { error: code } = readChallenges(response)[0]?.params ?? {}
  const why =
    counts.rejected === 0
      ? 'A new token would not help, so none was fetched'
      : 'Only the 401 before it was refreshed for'
  note('plain', `403 ${code ?? ''} is the caller’s. ${why}.`)
}

/** Asks for what only a sign-in of the last minute may do: latchkey asks for one, and sends the request again. */
export async function openSafe(api: Client): Promise<void> {
  try {
    await api.post('safe', { retry: 0 })
    note('good', 'The safe is open: the request was sent again after the sign-in.')
  } catch (error) {
    const isShut = isLatchkeyError(error) && error.code === 'step-up-required'
    note('plain', isShut ? 'The safe stays shut, and you stay signed in.' : `The safe was ${fateOf(error)}.`)
  }
}

function outcomesOf(results: readonly PromiseSettledResult<unknown>[]): string {
  const counts = new Map<string, number>()
  for (const result of results) {
    const fate = result.status === 'fulfilled' ? 'succeeded' : fateOf(result.reason)
    counts.set(fate, (counts.get(fate) ?? 0) + 1)
  }
  return [...counts].map(([fate, count]) => `${count} ${fate}`).join(', ')
}

function fateOf(error: unknown): string {
  if (!isLatchkeyError(error)) return 'returned'
  if (error.code === 'refresh-unavailable') return 'failed for now'
  return error.code === 'session-ended' ? 'ended with the session' : 'returned'
}

async function sha256Of(file: Blob): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', await file.arrayBuffer()))
  return Array.from(digest, byte => byte.toString(16).padStart(2, '0')).join('')
}
