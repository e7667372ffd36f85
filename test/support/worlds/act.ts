import { startMs } from './computer.ts'
import type { Step, StrikeKind } from './plan.ts'
import type { Tab } from './tab.ts'
import type { World } from './world.ts'

/** More than the circuit breaker lets begin within its 30 s. */
const burst = { count: 15, everyMs: 700 }
/** A page that was closed is opened again within this time. */
const longestClosedMs = 20_000

const plainRequest = { kind: 'ask', tab: 0, count: 1, to: 'api', form: 'get', abortAfterMs: null, afterMs: 0 } as const

const isRunning = ({ life }: Tab): boolean => !life.isDead && !life.isSuspended

type Acts = {
  readonly [Kind in Step['kind']]: (step: Extract<Step, { readonly kind: Kind }>, tab: Tab | undefined) => unknown
}

function actsOn(world: World): Acts {
  const { computer, server, watcher, store, browser, network, faults, mood, timeline, noteIntent, open, close } = world
  const { settings, count, strikes } = world
  const later = (ms: number, run: () => void) => void timeline.after(ms, run)
  /** Nobody opens a page of a computer that sleeps. */
  const reopen = (place: number): void => {
    if (computer.isAsleep) later(longestClosedMs, () => reopen(place))
    else open(place)
  }
  /** What a user does in a tab that runs. */
  const inTab = (tab: Tab | undefined, run: (tab: Tab) => unknown) => {
    if (tab && isRunning(tab)) computer.enter(tab.life, () => run(tab))
  }
  const kill = (tab: Tab | undefined, place: number, forMs: number) => {
    if (!tab || tab.life.isDead) return
    count(`killed, and ${tab.life.isSuspended ? 'did not run' : 'ran'}`)
    close(tab)
    later(Math.min(forMs, longestClosedMs), () => reopen(place))
  }
  function strike(what: StrikeKind, place: number): void {
    const tab = world.places[place]
    count(`strikes a page that refreshes: ${what}`)
    if (what === 'kill') kill(tab, place, 300)
    else if (what === 'sleep') computer.sleep(4000)
    else if (what === 'freeze') {
      tab?.life.freeze('told')
      later(4000, () => tab?.life.thaw())
    } else
      inTab(tab, one => (what === 'dispose' ? one.dispose() : what === 'sign-out' ? one.signOut() : one.signIn('bob')))
  }
  const fail =
    (queue: keyof typeof faults): Acts['token-fault'] =>
    ({ fault, count }) =>
      faults[queue].push(...Array.from({ length: count }, () => fault))
  return {
    ask: (step, tab) => inTab(tab, one => one.askAll(step)),
    refresh: (_, tab) => inTab(tab, one => one.refresh()),
    token: (_, tab) => inTab(tab, one => one.token()),
    'sign-out': (_, tab) => inTab(tab, one => one.signOut()),
    dispose: (_, tab) => inTab(tab, one => one.dispose()),
    'sign-in': ({ who }, tab) => inTab(tab, one => one.signIn(who)),
    'step-up': ({ who }, tab) => inTab(tab, one => one.stepUp(who)),
    navigate: ({ who, tab: place }, tab) =>
      inTab(tab, one => {
        close(one)
        noteIntent(undefined)
        browser.navigate(who)
        open(place)
      }),
    reload: ({ forMs, tab: place }, tab) =>
      inTab(tab, one => {
        close(one)
        later(Math.min(forMs, longestClosedMs), () => reopen(place))
      }),
    kill: ({ forMs, tab: place }, tab) => kill(tab, place, forMs),
    crash({ forMs }) {
      for (const [place, tab] of world.places.entries()) kill(tab, place, forMs)
    },
    freeze({ how, forMs }, tab) {
      tab?.life.freeze(how)
      later(forMs, () => tab?.life.thaw())
    },
    sleep: ({ forMs }) => computer.sleep(forMs),
    outage({ forMs }) {
      watcher.isBroken.network = true
      network.isDown = true
      later(forMs, () => {
        network.isDown = false
      })
    },
    overload({ forMs, retryAfterMs, isMet }) {
      mood.overload = { retryAfterMs }
      later(forMs, () => {
        mood.overload = null
      })
      if (!isMet) return
      server.expireAll()
      for (const ms of [0, 1500, 7000])
        later(ms, () => {
          for (const tab of world.places) inTab(tab, one => one.askAll(plainRequest))
        })
    },
    refusal({ forMs }) {
      mood.isRefusing = true
      later(forMs, () => {
        mood.isRefusing = false
      })
    },
    burst({ what, tab: place }) {
      const isRejecting = what === 'rejections'
      mood.isRefusing ||= isRejecting
      for (let turn = 0; turn < burst.count; turn += 1)
        later(turn * burst.everyMs, () =>
          isRejecting
            ? inTab(world.places[place], one => one.askAll(plainRequest))
            : inTab(world.places[turn % world.places.length], one => one.refresh()),
        )
      if (!isRejecting) return
      later(burst.count * burst.everyMs, () => {
        mood.isRefusing = false
      })
    },
    // No computer shows a time before 1970.
    clock({ byMs }) {
      watcher.isBroken.clock = true
      computer.wallOffsetMs = Math.max(computer.wallOffsetMs + byMs, -startMs)
    },
    expire() {
      browser.newNonce()
      server.expireAll()
    },
    wipe() {
      watcher.isBroken.store = watcher.isBroken.record = true
      store.wipe()
    },
    revoke: ({ who }) => server.revoke(who),
    'token-fault': fail('token'),
    'api-fault': fail('api'),
    'login-fault': fail('login'),
    'store-fault'({ fault, count: times, at }) {
      if (fault !== 'lags' || settings.storage === 'web') watcher.isBroken.store = true
      if (fault === 'stale' || fault === 'shows-late') watcher.isBroken.read = true
      if (fault === 'loses' || fault === 'corrupts') watcher.isBroken.record = true
      for (let left = times; left > 0; left -= 1) store.fail(fault, at)
    },
    strike({ what, inMs }) {
      strikes.push(({ number }) =>
        later(inMs, () => {
          const place = world.places.findIndex(({ life }) => life.number === number)
          if (world.places[place]) strike(what, place)
        }),
      )
    },
    wait: () => {},
  }
}

/** Lets one step happen. */
export function act(world: World, step: Step): void {
  if (step.kind !== 'wait') world.say(JSON.stringify(step))
  const perform = actsOn(world)[step.kind] as (step: Step, tab: Tab | undefined) => unknown
  const tab = 'tab' in step ? world.places[step.tab] : undefined
  if (!tab || isRunning(tab)) world.count(`step: ${step.kind}`)
  perform(step, tab)
}
