import type { Step } from './plan.ts'
import type { Tab } from './tab.ts'
import type { World } from './world.ts'

/** A page that was closed is opened again within this time. */
const longestClosedMs = 20_000

type Acts = {
  readonly [Kind in Step['kind']]: (step: Extract<Step, { readonly kind: Kind }>, tab: Tab | undefined) => unknown
}

function actsOn(world: World): Acts {
  const { computer, server, watcher, store, browser, network, faults, mood, timeline, noteIntent, open, close } = world
  const later = (ms: number, run: () => void) => void timeline.after(ms, run)
  /** Nobody opens a page of a computer that sleeps. */
  const reopen = (place: number): void => {
    if (computer.isAsleep) later(longestClosedMs, () => reopen(place))
    else open(place)
  }
  /** What a user does in a tab that runs. */
  const inTab = (tab: Tab | undefined, run: (tab: Tab) => unknown) => {
    if (tab && !tab.life.isDead && !tab.life.isSuspended) computer.enter(tab.life, () => run(tab))
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
    overload({ forMs }) {
      mood.isOverloaded = true
      later(forMs, () => {
        mood.isOverloaded = false
      })
    },
    clock({ byMs }) {
      watcher.isBroken.clock = true
      computer.wallOffsetMs += byMs
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
    'store-fault'({ fault, count }) {
      if (fault !== 'lags') watcher.isBroken.store = true
      if (fault === 'loses' || fault === 'corrupts') watcher.isBroken.record = true
      for (let left = count; left > 0; left -= 1) store.fail(fault)
    },
    wait: () => {},
  }
}

/** Lets one step happen. */
export function act(world: World, step: Step): void {
  if (step.kind !== 'wait') world.say(JSON.stringify(step))
  const perform = actsOn(world)[step.kind] as (step: Step, tab: Tab | undefined) => unknown
  perform(step, 'tab' in step ? world.places[step.tab] : undefined)
}
