import { vi } from 'vitest'
import { createControlledClock } from '../clock.ts'
import * as rules from '../invariants.ts'
import { createPage, type Page } from './page.ts'
import type { DayPlan, Step } from './plan.ts'
import { createShell } from './shell.ts'

/** Messages that one event, request or refresh may cause, on each page. */
const messagesEach = 4

/** What one script of the shell does, or one of the page: in one task. All else has a task of its own. */
const inOneTask: readonly (readonly Step['kind'][])[] = [
  ['shell-in', 'shell-out', 'post-again', 'post-refreshed', 'catch-up'],
  ['request', 'refresh', 'sign-out'],
  ['decide', 'expire'],
]
const areTogether = (one: Step | undefined, other: Step) =>
  one !== undefined && inOneTask.some(kinds => kinds.includes(one.kind) && kinds.includes(other.kind))

/** In these the shell sends something. */
const ofTheShell: readonly Step['kind'][] = [...(inOneTask[0] ?? []), 'decide', 'respond', 'resume']

/** What a day came to. */
export interface LivedDay {
  readonly broken: readonly string[]
  readonly story: readonly string[]
  readonly requests: number
  readonly messages: number
}

/** The pages, their shell and their API, and what is wrong with them. */
function createDay({ settings }: DayPlan) {
  const clock = createControlledClock()
  const story: string[] = [JSON.stringify(settings)]
  const broken: string[] = []
  const say = (what: string) => void story.push(`${clock.monotonicMs()} ms: ${what}`)
  const check = (violation: rules.Violation) => {
    if (violation === null) return
    say(`!!! ${violation}`)
    broken.push(violation)
  }
  let [requests, causes, goodFrom] = [0, 2, 0]
  const pages: Page[] = []
  const mostMessages = () => messagesEach * settings.pages * causes
  const shell = createShell({ settings, clock, check, say, pages: () => pages, mostMessages })
  const ports = {
    ...{ settings, clock, check, say },
    receive: shell.receive,
    isGood: (token: string | null) => shell.isGood(token, goodFrom),
    nextRequest: () => {
      requests += 1
      return requests
    },
  }
  for (let number = 1; number <= settings.pages; number += 1) pages.push(createPage(`page${number}`, ports))
  return {
    ...{ clock, story, broken, say, check, pages, shell },
    hasStore: settings.store !== 'none',
    requests: () => requests,
    noteCause: () => {
      causes += 1
    },
    rejectTokens: () => {
      goodFrom = shell.tokens() + 1
    },
  }
}
type Day = ReturnType<typeof createDay>

function suspend({ say }: Day, page: Page) {
  if (page.isSuspended) return
  say(`${page.name} is suspended`)
  page.isSuspended = true
  page.load.wake.sleep()
}
function resume({ say, shell }: Day, page: Page) {
  if (!page.isSuspended) return
  say(`${page.name} is shown again`)
  page.isSuspended = false
  page.load.wake.wake()
  shell.resumed(page)
}
function signOut({ say, shell }: Day, { name, load }: Page) {
  say(`the user signs out on ${name}`)
  for (let number = 1; number <= shell.families(); number += 1) load.left.add(number)
  load.client.session.signOut().catch(() => {})
}
function reload({ say, shell, hasStore }: Day, page: Page) {
  say(`${page.name} is loaded again`)
  const asked = shell.waiting.some(one => one.page === page)
  page.reload()
  // What was stored may be from before the last event.
  page.isOwed ||= asked || hasStore
}
async function sleep({ say, clock, pages }: Day, ms: number) {
  say(`the phone sleeps for ${ms} ms`)
  clock.sleepFor(ms)
  for (const page of pages) if (!page.isSuspended) page.load.wake.wake()
}

async function take(step: Step, day: Day): Promise<void> {
  const { clock, shell, pages } = day
  const page = pages['page' in step ? step.page % pages.length : 0] as Page
  switch (step.kind) {
    case 'request':
      return page.load.request()
    case 'refresh':
      return void page.load.client.session.refresh().catch(() => {})
    case 'sign-out':
      return signOut(day, page)
    case 'load':
      return reload(day, page)
    case 'suspend':
      return suspend(day, page)
    case 'resume':
      return resume(day, page)
    case 'shell-in':
      return shell.signIn(step.who, step.extra)
    case 'shell-out':
      return shell.signOut(step.extra)
    case 'post-again':
      return shell.tellAll(step.extra)
    case 'post-refreshed':
      return shell.postRefreshed()
    case 'decide':
      return shell.decideNth(step.message, step.answer, step.who)
    case 'respond':
      return shell.respondNth(step.message, step.answer, step.who)
    case 'expire':
      return day.rejectTokens()
    case 'catch-up':
      return shell.catchUp()
    case 'sleep':
      return sleep(day, step.ms)
    case 'wait':
      return clock.advance(step.ms)
  }
}

/** The shell responds to everything, and says what it could not say before. */
async function comeToRest(day: Day): Promise<void> {
  const { clock, shell, pages, say } = day
  say('the day ends')
  await clock.settle()
  shell.becomePrompt()
  for (let count = 0; count < 100 && shell.waiting.length > 0; count += 1) {
    shell.respondNth(0, 'right', null)
    await clock.settle()
  }
  for (const page of pages) resume(day, page)
  // The deadline of the questions without a response, and what is repeated after them.
  await clock.advance(20_000)
  for (const page of pages) page.load.wake.wake()
  await clock.advance(20_000)
  shell.catchUp()
  await clock.advance(20_000)
  for (let count = 0; count < 100 && shell.waiting.length > 0; count += 1) {
    shell.respondNth(0, 'right', null)
    await clock.advance(100)
  }
}

function checkRest({ pages, shell, check, story }: Day): void {
  check(shell.waiting.length > 0 ? 'the shell was asked without end' : null)
  for (const page of pages) {
    const { asked, client } = page.load
    check(rules.allSettled(asked.flatMap(({ id, isSettled }) => (isSettled ? [] : id))))
    check(rules.keepsSecrets('the snapshot', JSON.stringify(client.session.getSnapshot()), /sEcReT/))
    if (page.isUnconfirmed) continue
    check(
      rules.sameEverywhere([
        { of: 'the shell', user: shell.user },
        { of: page.name, user: page.shows() },
      ]),
    )
  }
  check(rules.keepsSecrets('the story', story.join('\n'), /sEcReT/))
}

async function checkRemains({ pages, clock, check }: Day): Promise<void> {
  for (const page of pages) page.load.close()
  await clock.settle()
  const left = pages.reduce((sum, { load }) => sum + load.remains(), 0)
  check(left > 0 ? `${left} listeners were left after dispose` : null)
  check(clock.pendingTimers > 0 ? `${clock.pendingTimers} timers were left after dispose` : null)
}

/** A day of pages in a native shell, from the first load to the last response. */
export async function liveThrough(plan: DayPlan): Promise<LivedDay> {
  const day = createDay(plan)
  const { clock, shell, pages, check, broken, story } = day
  const onUnhandled = (error: unknown) => check(`an unhandled rejection: ${error}`)
  process.on('unhandledRejection', onUnhandled)
  // The deadline of questions that have no signal of their own.
  const timeout = vi.spyOn(AbortSignal, 'timeout').mockImplementation(ms => {
    const controller = new AbortController()
    clock.setTimer(() => controller.abort(new DOMException('timed out', 'TimeoutError')), ms)
    return controller.signal
  })
  try {
    shell.start(plan.settings.user)
    for (const page of pages) page.reload()
    for (const [index, step] of plan.steps.entries()) {
      day.noteCause()
      if (!areTogether(plan.steps[index - 1], step)) await clock.settle()
      if (ofTheShell.includes(step.kind) && shell.deliverDecided()) await clock.settle()
      await take(step, day)
      if (broken.length > 0) break
    }
    await comeToRest(day)
    checkRest(day)
    await checkRemains(day)
  } finally {
    timeout.mockRestore()
    process.off('unhandledRejection', onUnhandled)
    for (const page of pages) page.load.close()
  }
  return { broken, story, requests: day.requests(), messages: shell.messages }
}
