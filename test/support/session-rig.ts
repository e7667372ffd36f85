import { createSession } from '../../src/session/session.ts'
import { createControlledClock } from './clock.ts'
import { createRecordsOver } from './records-rig.ts'
import { createScriptedStore, type ScriptedStore } from './scripted-store.ts'

export interface SessionRigOptions {
  readonly store?: ScriptedStore
  readonly clock?: ReturnType<typeof createControlledClock>
  readonly ambient?: boolean
}

/** A session over a store of the test's, and what it tells. */
export const createSessionRig = ({
  store = createScriptedStore(),
  clock = createControlledClock(),
  ambient = false,
}: SessionRigOptions = {}) => {
  /** As `type:tab`, in order. */
  const told: string[] = []
  const announced: string[] = []
  const { records } = createRecordsOver(store, clock, operation => void told.push(`store-failed:${operation}`))
  const session = createSession({
    records,
    clock,
    isAmbient: ambient,
    announce: () => void announced.push(session.state.sessionId ?? ''),
  })
  for (const type of ['signed-in', 'restored', 'refreshed', 'ended'] as const) {
    session.listenersOf(type).add(({ tab }) => void told.push(`${type}:${tab}`))
  }
  return { store, clock, records, session, told, announced }
}

/** Lets so many microtasks run. */
export const takeTicks = async (ticks: number): Promise<void> => {
  for (let tick = 0; tick < ticks; tick += 1) await null
}

/** More than any chain of promises here has links. */
export const allTicks = Array.from({ length: 40 }, (_, tick) => tick)
