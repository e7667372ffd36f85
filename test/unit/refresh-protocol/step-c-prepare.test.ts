import { describe, expect, test } from 'vitest'
import type { RefresherPorts } from '../../../src/refresh/refresher.ts'
import { createDeferred } from '../../support/deferred.ts'
import { createSignedInRig, newerTokens } from '../../support/refresh-rig.ts'
import { credentialsOf } from '../../support/session-records.ts'

type Prepare = NonNullable<RefresherPorts['scheme']['prepare']>

const provedBy = (prepare: Prepare) => ({ scheme: { accepts: () => true, prepare } })
const proved = { transport: () => Promise.reject(new Error('There is no network here')), keyThumbprint: 'key-1' }

describe('before step c: a scheme that proves each call', () => {
  test('is asked for its proof before the lease is in the store, for what the record holds', async () => {
    const proof = createDeferred<typeof proved>()
    const asked: Parameters<Prepare>[] = []
    const prepare: Prepare = (...parameters) => {
      asked.push(parameters)
      return proof.promise
    }
    const { clock, start, calls, call, stored } = await createSignedInRig({ ports: provedBy(prepare) })
    const flight = start()
    await clock.settle()
    expect(asked).toMatchObject([[{ refreshToken: 'refresh-1' }, expect.any(Function), undefined]])
    expect([calls, stored().lease]).toEqual([[], undefined])
    proof.resolve(proved)
    await clock.settle()
    expect(stored().lease).toMatchObject({ generation: 0 })
    call().answer.resolve(newerTokens)
    await flight.done
    expect(flight.outcome).toEqual({ kind: 'refreshed' })
    expect(stored().credentials).toMatchObject({ accessToken: 'access-2', keyThumbprint: 'key-1' })
  })

  test('whose proof took so long that another tab was faster sends nothing', async () => {
    const proof = createDeferred<typeof proved>()
    const { clock, start, calls, store, stored } = await createSignedInRig({ ports: provedBy(() => proof.promise) })
    const flight = start()
    await clock.settle()
    const newer = { ...stored(), revision: 'other', generation: 1, credentials: credentialsOf(newerTokens) }
    store.content = newer
    proof.resolve(proved)
    await flight.done
    expect([flight.outcome, calls]).toEqual([{ kind: 'adopted' }, []])
  })

  test('whose session was signed out meanwhile sends nothing', async () => {
    const proof = createDeferred<typeof proved>()
    const { clock, session, start, calls } = await createSignedInRig({ ports: provedBy(() => proof.promise) })
    const flight = start()
    await clock.settle()
    await session.signOut()
    proof.resolve(proved)
    await flight.done
    expect([flight.outcome, calls]).toEqual([{ kind: 'superseded' }, []])
  })

  test('that can make no proof any more sends nothing, even if it does not end the session', async () => {
    const { start, calls, stored } = await createSignedInRig({ ports: provedBy(async () => undefined) })
    const flight = start()
    await flight.done
    expect(flight.outcome).toMatchObject({ kind: 'unavailable' })
    expect([calls, stored().lease]).toEqual([[], undefined])
  })
})

test('Before step c: a refresh token that a release with another scheme stored is not sent, and its session ends', async () => {
  const scheme = { accepts: ({ tokenType }: { readonly tokenType: string | null }) => tokenType !== 'DPoP' }
  const { session, start, calls, stored, store } = await createSignedInRig({ ports: { scheme } })
  const { credentials } = stored()
  store.content = {
    ...stored(),
    revision: 'other',
    credentials: { ...(credentials as NonNullable<typeof credentials>), tokenType: 'DPoP' },
  }
  const flight = start()
  await flight.done
  expect([flight.outcome, calls]).toEqual([{ kind: 'superseded' }, []])
  expect(session.state).toMatchObject({ status: 'signed-out', endReason: 'key-lost' })
})
