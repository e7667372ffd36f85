import * as rules from '../invariants.ts'
import { act } from './act.ts'
import { onStage } from './globals.ts'
import { tabCount, type WorldPlan } from './plan.ts'
import type { Family } from './server.ts'
import { createWorld, type World } from './world.ts'

export interface WorldResult {
  readonly broken: readonly string[]
  /** Everything that happened, a line each. */
  readonly story: readonly string[]
  readonly happened: number
  readonly requests: number
  readonly refreshes: number
  /** What happened how often. */
  readonly counts: ReadonlyMap<string, number>
}

/** More than any world needs: something runs in circles. */
const mostHappenings = 40_000
/** Longer than anything that hangs, and all patience. */
const lastWordsMs = 200_000
/** Longer than any backoff, and any pause of the circuit breaker. */
const quietMs = 1_900_000

const lastRequest = { kind: 'ask', tab: 0, count: 1, to: 'api', form: 'get', abortAfterMs: null, afterMs: 0 } as const
const nameOf = (family: Family | undefined) => (family ? `${family.person} (login ${family.number})` : null)

/** Nobody waits any more, and all agree on who is signed in. */
function atRest({ watcher, store, settings, intent, browser, server, live }: World): void {
  const waiting = watcher.asked.filter(({ isSettled, tab }) => !isSettled && !tab.life.isDead)
  watcher.check(rules.allSettled(waiting.map(({ id }) => id)))
  // What a store has lost, a tab may still have.
  if (!settings.isShared || watcher.isBroken.record) return
  const views: rules.View[] = live().map(tab => ({
    of: `tab ${tab.life.number}`,
    user: tab.session.status === 'unknown' ? 'unknown' : nameOf(tab.familyNow()),
  }))
  const isNobody = views.every(({ user }) => user === null)
  const stored = {
    of: 'the store',
    user: nameOf(store.record?.rejected ? undefined : watcher.sessions.familyIn(store.record)),
  }
  watcher.check(rules.sameEverywhere([...views, ...(store.record ? [stored] : [])]))
  const { family: wanted } = intent
  const isCertain = wanted !== undefined && !watcher.isBroken.store && !wanted?.revoked && !wanted?.rejected
  if (isCertain && !browser.isCookie)
    watcher.check(rules.sameEverywhere([...views, { of: 'the last user', user: nameOf(wanted ?? undefined) }]))
  const cookie = server.factsOf(browser.jar.value)?.family
  // "signOutUrl is called once more" (docs/servers.md): what is found after that counts as a login made since (docs/decisions, 26).
  const isGivenUp = cookie && browser.signOutCalls.get(cookie) !== 1 && store.record?.revocationPending?.repeated
  if (cookie && isNobody && !isGivenUp)
    watcher.check(rules.cookieIsOver(watcher.sessions.signedOutAtMs.has(cookie) && !cookie.revoked))
}

/** Each tab is used, and has to be served. */
async function useAll(world: World, pass: (ms: number) => Promise<void>): Promise<void> {
  await pass(quietMs)
  for (const { life } of world.live()) life.wakeUp()
  await pass(20_000)
  for (const { askAll, life } of world.live()) world.computer.enter(life, () => askAll(lastRequest))
  await pass(20_000)
}

async function play(world: World, { steps, settings }: WorldPlan): Promise<void> {
  const { timeline, watcher } = world
  const pass = async (ms: number) => {
    await world.settle()
    await timeline.runUntil(timeline.nowMs + ms)
  }
  world.start()
  await pass(500)
  // Something is at stake from the first.
  for (let tab = 0; tab < (settings.isShared ? 1 : tabCount); tab += 1)
    act(world, { kind: 'sign-in', tab, who: 'alice', afterMs: 0 })
  await pass(4000)
  for (const step of steps) {
    await pass(step.afterMs)
    act(world, step)
    if (timeline.happened > mostHappenings) return watcher.check('something runs in circles')
  }
  await pass(lastWordsMs)
  world.calm()
  await useAll(world, pass)
  await useAll(world, pass)
  atRest(world)
}

function countAll({ count, server, watcher }: World, { settings }: WorldPlan): void {
  const { seed: _, dialog, ...named } = settings
  for (const [name, value] of Object.entries(named)) count(`world: ${name} ${value}`)
  count(`world: ${dialog ? 'a' : 'no'} dialog`)
  for (const { page, isLost, isBusy, isRejected, answeredAtMs, isAfterRetryAfter } of watcher.presentations) {
    if (isAfterRetryAfter) count('refresh: after a Retry-After')
    const isCutOff = page.isDead && answeredAtMs === Number.POSITIVE_INFINITY
    count(
      `refresh: ${isCutOff ? 'its page died' : isLost ? 'lost' : isBusy ? 'busy' : isRejected ? 'rejected' : 'answered'}`,
    )
  }
  for (let left = server.reuses; left > 0; left -= 1) count('server: a reuse is detected')
}

/** Lives through a world, and returns what was wrong with it. */
export async function liveThrough(plan: WorldPlan): Promise<WorldResult> {
  const world = createWorld(plan)
  const { watcher, story, timeline } = world
  const stage = {
    isOnline: () => !world.network.isDown,
    setTimer:
      plan.settings.storage === 'web'
        ? (run: () => void, delayMs: number) => world.computer.running?.task(delayMs, run)
        : undefined,
    channel: plan.settings.hasChannel ? () => world.channel.Channel : undefined,
    reported: (text: string) => {
      world.say(`reported: ${text}`)
      watcher.secretIn('a report', text)
    },
  }
  const unhandled = await onStage(stage, async () => {
    await play(world, plan)
    for (const tab of world.live()) tab.dispose()
    await world.settle()
  })
  countAll(world, plan)
  for (const reason of unhandled) watcher.check(`an unhandled rejection: ${reason}`)
  const { broken, asked, presentations } = watcher
  return {
    broken,
    story,
    happened: timeline.happened,
    requests: asked.length,
    refreshes: presentations.length,
    counts: world.counts,
  }
}
