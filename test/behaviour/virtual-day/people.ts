import type { Random } from '../../support/random.ts'
import { baseUrl, type Page } from './page.ts'
import { dayMs, lastWordMs } from './settings.ts'
import type { World } from './world.ts'

/** The people at the computer: they open pages, sign in when asked to, and ask for things. */
export interface People {
  openTab(): Page
  /** A page that runs. */
  somebody(): Page | undefined
  signIn(page: Page, subject?: string): void
  /** Some time later somebody signs in. */
  planLogin(page: Page): void
  askAll(page: Page): void
  /** How requests ended: a status, or an error's code. */
  readonly outcomes: Readonly<Record<string, number>>
}

const names = ['alice', 'bob', 'carol']
const longestSilenceMs = 1_800_000

export function createPeople(world: World, random: Random): People {
  const { settings, timeline, server, judge, livePages, mood } = world
  const outcomes: Record<string, number> = {}
  let isLoginPlanned = false

  function somebody(): Page | undefined {
    const running = livePages().filter(({ life }) => !life.isSuspended)
    return running.length > 0 ? random.pick(running) : undefined
  }
  function signIn(page: Page, subject = random.pick(names)): void {
    judge.upset()
    page.signIn(server.issue(subject))
  }
  function planLogin(page: Page): void {
    if (isLoginPlanned) return
    isLoginPlanned = true
    timeline.after(random.between(5000, 600_000), () => {
      isLoginPlanned = false
      const chosen = page.life.isDead || page.life.isSuspended ? somebody() : page
      if (!chosen) planLogin(page)
      else if (!chosen.core.session.state.credentials) signIn(chosen)
    })
  }
  async function ask(page: Page, path: string): Promise<void> {
    const controller = random.chance(0.05) ? new AbortController() : undefined
    if (controller) page.life.task(random.between(0, 3000), () => controller.abort())
    const outcome = await page.ask(baseUrl + path, {
      ...(random.chance(0.3) && { method: 'POST', body: 'x' }),
      ...(controller && { signal: controller.signal }),
    })
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
  }
  function askAll(page: Page): void {
    const many = random.chance(0.3) ? 1 + random.below(5) : 1
    for (let index = 0; index < many; index += 1) ask(page, `api/${index}`)
  }
  function openTab(): Page {
    const page = world.open(planLogin)
    page.life.onEnd(() => timeline.after(random.between(1000, 60_000), openTab))
    const askAgain = () => {
      if (page.life.isDead || timeline.nowMs > dayMs + lastWordMs) return
      const waitMs = Math.min(random.waitFor(settings.every.request), longestSilenceMs)
      page.life.task(mood.isCalm ? 60_000 : waitMs, () => {
        askAll(page)
        askAgain()
      })
    }
    askAgain()
    return page
  }

  return { openTab, somebody, signIn, planLogin, askAll, outcomes }
}
