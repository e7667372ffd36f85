import { describe, expect, test, vi } from 'vitest'
import type { RequestContext } from '../../../src/request/request-context.ts'
import { createRequestLog } from '../../../src/request/request-log.ts'
import { createRequestRig } from '../../support/request-rig.ts'

const start = () => {
  const rig = createRequestRig()
  const { session, scheme } = rig.ports
  return { ...rig, session, log: createRequestLog({ session, scheme }) }
}
/** Rigs listen themselves: this session is heard by nobody. */
const unheard = () => {
  const rig = start()
  const emit = vi.fn()
  const session = { emit, listenersOf: () => ({ size: 0 }) } as never
  return { ...rig, emit, log: createRequestLog({ session, scheme: rig.ports.scheme }) }
}
const stepsOf = (rig: ReturnType<typeof start>) => {
  const steps: object[] = []
  rig.session.listenersOf('request').add(event => void steps.push(event))
  return steps
}

describe('The steps of a request', () => {
  const named = {
    type: 'request',
    epoch: 1,
    generation: 0,
    tab: 'this',
    id: 1,
    method: 'GET',
    url: 'https://api.test/a',
  }

  test('name it, without its query', () => {
    const rig = start()
    const steps = stepsOf(rig)
    rig.log.emitStep(rig.request({}, {}, '/a?secret=1'), { step: 'replayed' })
    expect(steps).toEqual([{ ...named, step: 'replayed' }])
  })

  test('say with which credentials it was sent', () => {
    const rig = start()
    const steps = stepsOf(rig)
    const context = rig.request()
    rig.log.emitSent(context, { headers: { authorization: 'Bearer x' } })
    rig.log.emitSent(context, { headers: {} })
    rig.log.emitSent(Object.assign(context, { isAnonymous: true }), { headers: {} })
    expect(steps).toEqual([
      { ...named, step: 'sent', credentials: 'attached' },
      { ...named, step: 'sent', credentials: 'cookie' },
      { ...named, step: 'sent', credentials: 'none', reason: 'signed-out' },
    ])
  })

  test('end with what became of it', () => {
    const rig = start()
    const steps = stepsOf(rig)
    const context = Object.assign(rig.request(), { isReplay: true, notRefreshed: 'circuit-open' })
    rig.log.emitCompleted(context, new Response(null, { status: 418 }), 'keepalive')
    expect(steps).toEqual([
      {
        ...named,
        step: 'completed',
        status: 418,
        replayed: true,
        notReplayable: 'keepalive',
        notRefreshed: 'circuit-open',
      },
    ])
  })

  test('are not made while nothing listens: nothing of the request is looked at', () => {
    const { log, emit } = unheard()
    const look = () => {
      throw new Error('It was looked at')
    }
    const context = new Proxy({}, { get: look }) as RequestContext
    log.emitStep(context, { step: 'replayed' })
    log.emitSent(context, { headers: {} })
    log.emitCompleted(context, new Response(), null)
    expect(emit).not.toHaveBeenCalled()
  })
})
