import { resolveOptions } from '../../../src/client/resolve-options.ts'
import { createSessionApi, type Session } from '../../../src/client/session-api.ts'
import { type ClientParts, createClientParts } from '../../../src/client/wiring.ts'
import type { JwtClaims } from '../../../src/session/credentials.ts'
import type { SessionStore } from '../../../src/session/session-store.ts'
import type { TabLock } from '../../../src/tabs/tab-lock.ts'
import type { PageLife } from '../../support/worlds/computer.ts'
import type { AskedRequest, Judge } from './judge.ts'
import type { ServerTokens } from './server.ts'

/** A page with the real client in it, and a person in front. */
export interface Page {
  readonly life: PageLife
  readonly core: ClientParts
  readonly session: Session
  ask(url: string, init: RequestInit): Promise<string>
  signIn(tokens: ServerTokens): void
  signOut(): void
  readonly unsettled: ReadonlySet<AskedRequest>
}

export interface PagePorts {
  readonly life: PageLife
  readonly store: SessionStore
  readonly lock: TabLock
  readonly judge: Judge
  readonly transport: (request: AskedRequest | undefined) => typeof fetch
  readonly subjectOf: (refreshToken: string | null) => string | null
  readonly nowMs: () => number
  readonly onLoginRequired: () => void
}

export const baseUrl = 'https://api.test/'

export function openPage(ports: PagePorts): Page {
  const { life, store, lock, judge, transport, subjectOf, nowMs, onLoginRequired } = ports
  const options = resolveOptions({
    baseUrl,
    sessionName: 'main',
    store,
    refresh: ({ refreshToken, post }) => post('auth/refresh', { refreshToken }),
    onLoginRequired,
  })
  const core = createClientParts(options, transport(undefined), { clock: life.clock, wake: life.wake, lock })
  const session = createSessionApi<JwtClaims>(core, options)
  const unsettled = new Set<AskedRequest>()
  let isOwnDoing = false
  let held: string | null = null
  let before: string | null = null
  core.session.changed.add(({ credentials }) => {
    before = held
    held = credentials?.refreshToken ?? null
  })
  session.on('ended', ({ reason }) => {
    // A sign-in whose session turned out to be over elsewhere has begun another with the same tokens.
    const goesOn = before !== null && core.session.state.credentials?.refreshToken === before
    if (!goesOn) judge.ended(life, reason, before, isOwnDoing)
  })
  // Takes up its channel, and looks who is signed in.
  session.ready()

  const byPerson = (act: () => void) => {
    isOwnDoing = true
    act()
    isOwnDoing = false
  }
  return {
    life,
    core,
    session,
    unsettled,
    async ask(url, init) {
      const request: AskedRequest = {
        page: life,
        atMs: nowMs(),
        awakeMs: life.awakeMs(),
        subject: subjectOf(held),
        isSettled: false,
      }
      unsettled.add(request)
      try {
        const { status } = await core.pipeline(url, init, { transport: transport(request) })
        return String(status)
      } catch (error) {
        return (error as { code?: string }).code ?? String((error as Error).name)
      } finally {
        unsettled.delete(request)
        judge.settled(request)
      }
    },
    signIn: tokens => byPerson(() => void session.signIn(tokens)),
    signOut: () =>
      byPerson(() => {
        judge.leaving(life, held)
        session.signOut()
      }),
  }
}
