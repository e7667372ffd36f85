import type { ShellMessage } from '../../../src/webview/protocol.ts'
import type { ControlledClock } from '../clock.ts'
import { createDeferred } from '../deferred.ts'
import * as rules from '../invariants.ts'
import type { Page } from './page.ts'
import type { Answer, DaySettings, Extra, User } from './plan.ts'
import { type Family, numberOf, secret, writeToken } from './tokens.ts'

const lifetimeMs = 300_000
const signedOut = { latchkey: 1, status: 'signed-out' }
type EventType = 'signed-in' | 'signed-out' | 'refreshed'

interface Waiting {
  readonly page: Page
  readonly load: Page['load']
  readonly message: ShellMessage
  readonly settle: { resolve(value: unknown): void; reject(error: Error): void }
  /** What was decided; `undefined`: nothing yet. */
  decided?: unknown
}

export interface ShellPorts {
  readonly settings: DaySettings
  readonly clock: ControlledClock
  readonly check: (violation: rules.Violation) => void
  readonly say: (what: string) => void
  readonly pages: () => readonly Page[]
  readonly mostMessages: () => number
}

/** The native side, which keeps the protocol of docs/webview.md; the day says when and how it responds. */
export function createShell({ settings, clock, check, say, pages, mostMessages }: ShellPorts) {
  let families = 0
  let tokens = 0
  let family: Family | null = null
  let cached: { token: string; untilMs: number } | null = null
  let messages = 0
  let isPrompt = settings.isPrompt
  const waiting: Waiting[] = []
  /** Logins whose user has signed in, and of which the page may not know. */
  const finished = new Set<string>()

  function post(page: Page, type: EventType) {
    // A suspended page misses it.
    if (page.isSuspended) {
      page.isOwed = true
      return
    }
    say(`shell posts ${type} to ${page.name}`)
    const { left, channel } = page.load
    if (type === 'signed-out') for (let number = 1; number <= families; number += 1) left.add(number)
    if (type === 'signed-in') page.isUnconfirmed = false
    if (type === 'signed-in' && family) left.delete(family.number)
    channel.post(JSON.stringify({ latchkey: 1, type }))
  }
  function tell(page: Page, extra: Extra = '') {
    page.isOwed = false
    const type = family ? 'signed-in' : 'signed-out'
    if (family && extra === 'refreshed before it') post(page, 'refreshed')
    post(page, type)
    if (extra === 'twice') post(page, type)
    if (family && extra === 'refreshed after it') post(page, 'refreshed')
  }
  const tellAll = (but: Page | null, extra?: Extra) => {
    for (const page of pages()) if (page !== but) tell(page, extra)
  }
  function changeUser(user: User | null) {
    cached = null
    if (user) families += 1
    family = user && { number: families, user }
  }

  function issue(isFresh: boolean, asking: Page) {
    if (!family) return signedOut
    if (!cached || isFresh || cached.untilMs <= clock.wallMs()) {
      tokens += 1
      const isFirst = !cached
      cached = { token: writeToken(family, tokens, settings.names), untilMs: clock.wallMs() + lifetimeMs }
      if (settings.postsRefreshed !== 'to none' && !isFirst)
        for (const page of pages())
          if (settings.postsRefreshed === 'to all' || page !== asking) queueMicrotask(() => post(page, 'refreshed'))
    }
    const expiresInSeconds = Math.ceil((cached.untilMs - clock.wallMs()) / 1000)
    const subject = settings.names === 'subject' ? { subject: family.user } : {}
    return { latchkey: 1, status: 'signed-in', session: { accessToken: cached.token, expiresInSeconds, ...subject } }
  }

  /** The page that has asked, as long as it is loaded: it needs no event. */
  const asking = ({ page, load }: Waiting) => (page.load === load ? page : null)
  function signOutFor(one: Waiting, subject: string | null) {
    const page = asking(one)
    // Another user has signed in since. The shell has said so, but the sign-out in the page came later.
    const isOther = family !== null && subject !== null && subject !== family.user
    if (page) page.isUnconfirmed = isOther
    if (family && !isOther) {
      changeUser(null)
      tellAll(page)
    }
    return signedOut
  }
  function logIn(one: Waiting, who: User | null) {
    if (!who) return { latchkey: 1, status: 'declined' }
    finished.add(one.message.id)
    changeUser(settings.names === 'none' ? 'alice' : who)
    tellAll(asking(one))
    return issue(false, one.page)
  }
  /** What keeps the protocol, as things are now. */
  function right(one: Waiting, who: User | null): unknown {
    const { page, message } = one
    if (message.type === 'refresh') return issue(message.cause === 'rejected' || message.cause === 'manual', page)
    if (message.type === 'sign-out') return signOutFor(one, message.subject)
    return logIn(one, who)
  }

  /** The page has got no response, or none that says anything. */
  function noteFault({ page, load, message }: Waiting) {
    if (page.load !== load) return
    if (message.type === 'refresh') page.isOwed = true
    if (message.type !== 'sign-out') return
    page.isUnconfirmed = true
    // A session that the page cannot recognise counts as a login made since (decision 26).
    if (message.subject === null) load.left.clear()
  }
  function fault(one: Waiting, answer: Answer): unknown {
    noteFault(one)
    if (answer === 'busy') return { latchkey: 1, status: 'unavailable', retryAfterSeconds: 5 }
    if (answer === 'unavailable') return { latchkey: 1, status: 'unavailable' }
    if (answer === 'garbage') return { latchkey: 1, status: 'wiped' }
    return answer === 'fails' ? new Error('no handler: 401') : null
  }

  function deliver({ page, load, message, settle, decided }: Waiting) {
    // The page that asked is gone.
    if (page.load !== load) return finished.has(message.id) ? tell(page) : undefined
    const { status = decided } = Object(decided)
    say(`shell responds ${status} to the ${message.type} of ${page.name}`)
    if (settings.bridge === 'posts')
      load.channel.post(JSON.stringify({ latchkey: 1, ...Object(decided), id: message.id }))
    else if (decided instanceof Error) settle.reject(decided)
    else settle.resolve(tokens % 2 && decided ? JSON.stringify(decided) : decided)
  }

  /** In the order in which they came: no user signs in, and no page gets a token, before a sign-out that was sent earlier. */
  function takeSignOuts(before = waiting.length) {
    for (const earlier of waiting.slice(0, Math.max(0, before)))
      if (earlier.message.type === 'sign-out') decide(earlier, 'right', null)
  }
  function decide(one: Waiting, answer: Answer, who: User | null) {
    if (one.decided !== undefined || answer === 'never') return
    const isLogin = !['refresh', 'sign-out'].includes(one.message.type)
    // A user signs in now, and not when the page asked for it.
    takeSignOuts(isLogin ? waiting.length : waiting.indexOf(one))
    // A login that the user has finished, or dismissed, is always told.
    one.decided = answer === 'right' || isLogin ? right(one, who) : fault(one, answer)
  }
  function respond(one: Waiting | undefined, answer: Answer, who: User | null) {
    if (!one) return
    decide(one, answer, who)
    waiting.splice(waiting.indexOf(one), 1)
    if (one.decided !== undefined) return deliver(one)
    noteFault(one)
    // Nobody may wait for it for ever: the user closes a login some time.
    if (!['refresh', 'sign-out'].includes(one.message.type)) waiting.push(one)
  }

  function cancel(page: Page, id: string) {
    const one = waiting.find(({ message }) => message.id === id)
    if (one) waiting.splice(waiting.indexOf(one), 1)
    if (one) noteFault(one)
    // The user has signed in, and the page no longer listens.
    if (finished.has(id)) queueMicrotask(() => tell(page))
  }

  return {
    waiting,
    /** Bridges keep the order: what was decided arrives before the next that the shell sends. Returns whether there was any. */
    deliverDecided() {
      const decided = waiting.filter(one => one.decided !== undefined)
      for (const one of decided) respond(one, 'right', null)
      return decided.length > 0
    },
    get user() {
      return family?.user ?? null
    },
    get messages() {
      return messages
    },
    families: () => families,
    isGood: (token: string | null, goodFrom: number) => token !== null && numberOf(token) >= goodFrom,
    tokens: () => tokens,
    receive(page: Page, message: ShellMessage): unknown {
      messages += 1
      say(`${page.name} sends ${[message.type, 'cause' in message && message.cause].filter(Boolean).join(' ')}`)
      check(rules.keepsSecrets('a message to the shell', JSON.stringify(message), secret))
      if (messages > mostMessages()) {
        check(`a storm: ${messages} messages to the shell`)
        return undefined
      }
      if (message.type === 'cancel') return cancel(page, message.id)
      const { promise, ...settle } = createDeferred<unknown>()
      const one = { page, load: page.load, message, settle }
      waiting.push(one)
      if (isPrompt && ['refresh', 'sign-out'].includes(message.type)) respond(one, 'right', null)
      return settings.bridge === 'returns' ? promise : undefined
    },
    decideNth: (index: number, answer: Answer, who: User | null) => {
      const one = waiting[index % waiting.length]
      if (one) decide(one, answer, who)
    },
    respondNth: (index: number, answer: Answer, who: User | null) =>
      respond(waiting[index % waiting.length], answer, who),
    start: changeUser,
    signIn(who: User, extra: Extra) {
      takeSignOuts()
      changeUser(settings.names === 'none' ? 'alice' : who)
      say(`${family?.user} signs in by the shell`)
      tellAll(null, extra)
    },
    signOut(extra: Extra) {
      changeUser(null)
      tellAll(null, extra)
    },
    tellAll: (extra: Extra) => tellAll(null, extra),
    postRefreshed() {
      if (family) for (const page of pages()) post(page, 'refreshed')
    },
    /** It can respond again: says so to the pages that asked in vain, and to those that were suspended. */
    catchUp() {
      for (const page of pages()) if (page.isOwed && !page.isSuspended) tell(page)
    },
    resumed: (page: Page) => tell(page),
    becomePrompt() {
      isPrompt = true
    },
  }
}
