import { onTestFinished, vi } from 'vitest'
import { createDeferred, type Deferred } from './deferred.ts'
import { createStage, type Stage, type StageOptions } from './stage.ts'

/** For `beforeEach`. ky's timers are the platform's; the stage's clock is another one. */
export const takeTimers = (): void => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  onTestFinished(() => {
    vi.useRealTimers()
  })
}

/** Moves ky's time. */
export const pass = async (ms: number): Promise<void> => void (await vi.advanceTimersByTimeAsync(ms))

/** For calls whose outcome is looked at later. */
export const begin = <Value extends Promise<unknown>>(call: Value): Value => {
  call.catch(() => {})
  return call
}

/** A server that says nothing until the client goes away. */
export const silent = (_: unknown, { signal }: Request): Promise<Response> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))

/** Headers, and a body without an end. */
export const endless =
  (status: number) =>
  (_: unknown, { signal }: Request): Response => {
    const body = new ReadableStream({
      start: controller => signal.addEventListener('abort', () => controller.error(signal.reason)),
    })
    return new Response(body, { status })
  }

/** Somebody is signed in, and a first request has been through: it reads the store, which is a wait. */
export const startTimed = async (options: StageOptions = {}): Promise<Stage> => {
  const stage = createStage({ timeout: 10_000, ...options })
  await stage.signIn()
  await stage.client.get('before')
  return stage
}

/** The API refuses what there is, and the refresh waits for the gate. */
export const holdRefresh = (stage: Stage): Deferred<void> => {
  stage.refuseAll()
  const gate = createDeferred()
  stage.refresh(async () => {
    await gate.promise
    return stage.issue()
  })
  return gate
}

/** The tokens of what was sent since the start. */
export const sent = ({ sends }: Stage): readonly (string | null)[] => sends.slice(1).map(({ token }) => token)
