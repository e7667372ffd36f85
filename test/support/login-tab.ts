import { vi } from 'vitest'
import { createControlledClock } from './clock.ts'
import { createStage, type StageOptions, stageOrigin } from './stage.ts'

/** A tab, in which the page can be loaded again: its own storage outlives that. */
export const openTab = () => {
  const items = new Map<string, string>()
  const sessionStorage = {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
  }
  vi.stubGlobal('sessionStorage', sessionStorage)
  const clock = createControlledClock()
  /** The page, loaded (again). */
  const load = (options: StageOptions = {}) => {
    const stage = createStage({ clock, ...options })
    const ask = async () => {
      await stage.client.fetch(`${stageOrigin}/x`).catch(() => {})
      await clock.advance(0)
    }
    /** Signs in, and finds the session over with the next request. */
    const signInAndLose = async () => {
      await stage.signIn({ subject: 'alice' })
      stage.refuseAll()
      stage.refresh(async () => null)
      await ask()
    }
    return { ...stage, ask, signInAndLose, reasons: () => stage.logins.map(({ reason }) => reason) }
  }
  return { items, sessionStorage, clock, load }
}
