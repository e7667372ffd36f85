import type { Random } from '../../support/random.ts'
import type { People } from './people.ts'
import type { DaySettings } from './settings.ts'
import { freezes, type World } from './world.ts'

type Kind = keyof DaySettings['every']

/** Lets go wrong what may go wrong today, as often as it does. Answers how often it did. */
export function startFaults(world: World, people: People, random: Random): Readonly<Record<string, number>> {
  const { settings, timeline, mood } = world
  const counts: Record<string, number> = {}
  const kinds = { ...whatPeopleDo(world, people, random), ...whatBreaks(world, people, random) }

  function plan(kind: Exclude<Kind, 'request'>): void {
    const meanMs = settings.every[kind]
    if (!Number.isFinite(meanMs)) return
    timeline.after(random.waitFor(meanMs), () => {
      if (mood.isCalm) return
      counts[kind] = (counts[kind] ?? 0) + 1
      kinds[kind]()
      plan(kind)
    })
  }
  for (const kind of Object.keys(kinds) as (keyof typeof kinds)[]) plan(kind)
  return counts
}

function whatPeopleDo({ livePages, server }: World, people: People, random: Random) {
  return {
    /** Something on all pages is polled by the clock. */
    rush() {
      const withinMs = random.pick([0, 20, 300, 3000])
      for (const page of livePages()) page.life.task(random.between(0, withinMs), () => people.askAll(page))
    },
    signOut() {
      const page = people.somebody()
      if (!page?.core.session.state.credentials) return
      page.signOut()
      people.planLogin(page)
    },
    userSwitch() {
      const page = people.somebody()
      if (page) people.signIn(page)
    },
    /** An administrator signs everybody out. */
    revocation: () => server.revokeAll(),
  }
}

function whatBreaks({ timeline, computer, judge, network, store, mood }: World, people: People, random: Random) {
  /** Short or long, as often one as the other. */
  const shortOrLong = (low: number, middle: number, high: number) =>
    random.chance(0.5) ? random.between(low, middle) : random.between(middle, high)
  return {
    freeze() {
      const page = people.somebody()
      page?.life.freeze(random.pick(freezes))
      timeline.after(shortOrLong(100, 30_000, 7_200_000), () => page?.life.thaw())
    },
    kill: () => people.somebody()?.life.die(),
    sleep: () => computer.sleep(shortOrLong(2000, 120_000, 28_800_000)),
    clockJump() {
      judge.upset()
      computer.wallOffsetMs = random.chance(0.4) ? 0 : random.between(-26, 26) * 3_600_000
    },
    wipe() {
      judge.upset()
      judge.wiped(store.record)
      store.wipe()
      const page = people.somebody()
      if (page) people.planLogin(page)
    },
    outage() {
      network.isDown = true
      timeline.after(random.between(1000, 600_000), () => {
        network.isDown = false
      })
    },
    overload() {
      mood.isOverloaded = true
      timeline.after(random.between(1000, 300_000), () => {
        mood.isOverloaded = false
      })
    },
  }
}
