import { createRandom } from '../../support/random.ts'
import { startFaults } from './faults.ts'
import { createPeople } from './people.ts'
import { type DaySettings, dayMs, drawSettings, quietMs } from './settings.ts'
import { createWorld, type World } from './world.ts'

export interface DayResult {
  readonly settings: DaySettings
  readonly violations: readonly string[]
  readonly happened: number
  /** Refresh tokens presented, and how many of them not for the first time. */
  readonly presentations: number
  readonly again: number
  readonly outcomes: Readonly<Record<string, number>>
  readonly faults: Readonly<Record<string, number>>
}

/** Five tabs for a day, with the real client in each. */
export async function liveThrough(seed: number): Promise<DayResult> {
  const random = createRandom(seed)
  const settings = drawSettings(random)
  const world = createWorld(random, settings)
  const { timeline, judge, pages } = world
  const people = createPeople(world, random)
  const own = globalThis.BroadcastChannel
  globalThis.BroadcastChannel = (settings.hasChannel ? world.channel.Channel : undefined) as typeof BroadcastChannel
  try {
    const faults = startFaults(world, people, random)
    const first = people.openTab()
    timeline.after(100, () => people.signIn(first))
    for (let tab = 1; tab < settings.tabs; tab += 1) timeline.after(tab * 500, people.openTab)
    await timeline.runUntil(dayMs)
    world.calm()
    await timeline.runUntil(dayMs + quietMs)
    const { violations, presentations, again } = judge
    const { happened } = timeline
    const all = [...violations, ...atRest(world)]
    return { settings, violations: all, happened, presentations, again, outcomes: people.outcomes, faults }
  } finally {
    globalThis.BroadcastChannel = own
    for (const { core } of pages) core.dispose()
  }
}

/** Nobody waits any more, and whoever is left agrees with the store and the server on who is signed in. */
function atRest({ server, store, livePages }: World): string[] {
  const violations: string[] = []
  const { record } = store
  const family = server.familyOf(record?.credentials?.refreshToken)
  for (const { life, core, unsettled, session } of livePages()) {
    if (unsettled.size > 0) violations.push(`I5 page ${life.number} has ${unsettled.size} requests that never settled`)
    // A wiped storage tells nobody: it is found out at the next look.
    if (!record) continue
    const isIn = session.status === 'signed-in'
    if (isIn !== (family !== undefined)) {
      violations.push(`at rest page ${life.number} is ${session.status}, the store says ${family?.subject}`)
    } else if (isIn && core.session.state.sessionId !== record.sessionId) {
      violations.push(`at rest page ${life.number} is in another session`)
    }
  }
  if (family?.revoked) violations.push('at rest a session is stored that the server has revoked')
  return violations
}
