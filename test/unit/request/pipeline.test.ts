import { describe, expect, test, vi } from 'vitest'
import { unavailable } from '../../../src/refresh/unavailable.ts'
import type { PipelinePorts } from '../../../src/request/pipeline-ports.ts'
import type { Outgoing } from '../../../src/schemes/scheme.ts'
import { initialState } from '../../../src/session/state.ts'
import { createDeferred, type Deferred } from '../../support/deferred.ts'
import { createPipelineRig, rigUrl as url } from '../../support/pipeline-rig.ts'
import { createRequestRig, flightOf, type Surroundings, signedIn, signedOut } from '../../support/request-rig.ts'
import { credentialsOf } from '../../support/session-records.ts'

const newer = { ...signedIn, generation: 1, credentials: credentialsOf({ accessToken: 'newer' }) }

describe('The copy of a Request', () => {
  const copyOf = async (request: Request, statuses: readonly number[], fails = false) => {
    const clone = vi.spyOn(Request.prototype, 'clone')
    const rig = createPipelineRig({}, {}, statuses)
    if (fails) rig.transport.mockRejectedValue(new TypeError('lost'))
    await rig.send(request).catch(() => {})
    return clone.mock.results[0]?.value as Request
  }
  test.each([false, true])('is released when it is needed no more (the network fails: %s)', async fails => {
    const copy = await copyOf(new Request(url, { method: 'PUT', body: 'x' }), [], fails)
    expect(copy.bodyUsed).toBe(true)
  })
  test('is not cancelled while the network reads it', async () => {
    const request = new Request(url, { method: 'PUT', body: 'x' })
    const rig = createPipelineRig({}, {}, [401])
    const cancel = vi.spyOn(ReadableStream.prototype, 'cancel')
    const clone = vi.spyOn(Request.prototype, 'clone')
    let text: Promise<string> | undefined
    rig.transport.mockImplementationOnce(async () => new Response(null, { status: 401 }))
    rig.transport.mockImplementationOnce(async input => {
      text = (input as Request).text()
      return new Response()
    })
    await rig.send(request)
    expect(await text).toBe('x')
    // Only the copy for one more send: nothing reads it.
    expect(cancel.mock.contexts).toEqual([clone.mock.results[1]?.value.body])
  })
})

describe('latchkey/explain', () => {
  test('is shown each send with its response, as it goes to the network', async () => {
    const { send, transport, ports } = createPipelineRig({}, {}, [401])
    const seen: unknown[][] = []
    ports.sends.add(({ context, outgoing, header, response }) =>
      seen.push([context.address, outgoing, header, response]),
    )
    await send()
    await send(url, { auth: false })
    const responses = transport.mock.results.map(({ value }) => value)
    expect(seen).toEqual(transport.mock.calls.map(([, init], index) => [url, init, 'Authorization', responses[index]]))
    expect(seen).toHaveLength(3)
  })
  test('is asked nothing while it does not follow', async () => {
    const { ports } = createRequestRig()
    const notify = vi.spyOn(ports.sends, 'notify')
    await createPipelineRig({}, { sends: ports.sends }).send()
    expect(notify).not.toHaveBeenCalled()
  })
})

describe('A scheme that proves each send', () => {
  const proving = () => {
    const proofs: Deferred<void>[] = []
    const { ports } = createRequestRig()
    const attach = vi.fn((outgoing: Outgoing, { accessToken }: { readonly accessToken: string | null }) => {
      const proof = createDeferred()
      proofs.push(proof)
      return proof.promise.then(() => {
        outgoing.headers = new Headers({ authorization: `DPoP ${accessToken}` })
        return undefined
      })
    })
    const rig = createPipelineRig({}, { scheme: { ...ports.scheme, attach } })
    const settle = () => new Promise(resolve => setImmediate(resolve))
    return { ...rig, attach, proofs, settle }
  }

  test('is asked once, if the session stays as it is', async () => {
    const { send, proofs, attach, tokens } = proving()
    const sent = send()
    proofs[0]?.resolve()
    await sent
    expect([attach.mock.calls.length, tokens()]).toEqual([1, ['DPoP access-1']])
  })
  test('is asked again, if the session has changed meanwhile', async () => {
    const { send, proofs, tokens, around, settle } = proving()
    const sent = send()
    around.state = newer
    proofs[0]?.resolve()
    await settle()
    expect(tokens()).toEqual([])
    proofs[1]?.resolve()
    await sent
    expect(tokens()).toEqual(['DPoP newer'])
  })
  test('is not waited for once the request is aborted', async () => {
    const { send, transport } = proving()
    const controller = new AbortController()
    const sent = send(url, { signal: controller.signal })
    controller.abort(new Error('left'))
    await expect(sent).rejects.toThrow('left')
    expect(transport).not.toHaveBeenCalled()
  })
})

describe('An error', () => {
  test.each<[string, Partial<Surroundings>, Partial<PipelinePorts>]>([
    [
      'of a callback, in the task of the call',
      {},
      {
        sendHeaders: () => {
          throw new Error('of the app')
        },
      },
    ],
    ['of a refresh that was waited for', { age: 'expired', outcome: unavailable('network', 1000, '') }, {}],
    ['that comes before any wait', { age: 'expired', block: unavailable('network', 1000, '') }, {}],
  ])('%s is one step', async (_, given, ports) => {
    const { send, steps, transport } = createPipelineRig(given, ports)
    await expect(send()).rejects.toBeInstanceOf(Error)
    expect([steps().filter(step => step === 'failed').length, transport.mock.calls.length]).toEqual([1, 0])
  })
  test('of the network, at the first send and at the replay, is one step', async () => {
    for (const statuses of [[], [401]]) {
      const { send, steps, transport } = createPipelineRig()
      for (const status of statuses) transport.mockResolvedValueOnce(new Response(null, { status }))
      transport.mockRejectedValueOnce(new TypeError('lost'))
      await expect(send()).rejects.toThrow('lost')
      expect(steps().filter(step => step === 'failed')).toHaveLength(1)
    }
  })
})

test('An error in the task of the response is one step, and rejects', async () => {
  const { send, steps } = createPipelineRig({ block: unavailable('backing-off', 1000, '') }, {}, [401])
  await expect(send()).rejects.toMatchObject({ code: 'refresh-unavailable' })
  expect(steps()).toEqual(['sent', 'rejected', 'failed'])
})

describe('What a request looks at before it is sent', () => {
  const audienceOf = () => 'urn:files'
  const stateWith = (files: string | null) => {
    const audienceTokens =
      files === null ? undefined : { 'urn:files': { accessToken: files, lifetimeMs: null, sentAt: 0 } }
    return { ...signedIn, credentials: credentialsOf({ audienceTokens: audienceTokens as never }) }
  }

  test('is looked at once, if the refresh that it waits for brings a token', async () => {
    const ageOf = vi.fn(() => 'expired' as const)
    const rig = createPipelineRig({}, { ageOf })
    const sent = rig.send()
    rig.around.state = newer
    await sent
    expect([ageOf.mock.calls.length, rig.tokens()]).toEqual([1, ['Bearer newer']])
  })

  test('is looked at again, if that brings no token for its origin', async () => {
    const rig = createPipelineRig({ state: stateWith(null), age: 'expired' }, { strategy: { audienceOf } })
    const start1 = createDeferred()
    rig.around.outcome = start1.promise.then(() => ({ kind: 'adopted' }) as const)
    const sent = rig.send()
    rig.around.outcome = { kind: 'refreshed' }
    rig.around.state = stateWith(null)
    const second = createDeferred()
    rig.around.outcome = second.promise.then(() => ({ kind: 'refreshed' }) as const)
    start1.resolve()
    await new Promise(resolve => setImmediate(resolve))
    expect(rig.tokens()).toEqual([])
    rig.around.state = stateWith('of-files')
    second.resolve()
    await sent
    expect([rig.callsOf('start').length, rig.tokens()]).toEqual([2, ['Bearer of-files']])
  })

  test('is looked at once, if the first refresh finds that no user is signed in', async () => {
    const rig = createPipelineRig({ state: initialState, outcome: { kind: 'rejected', reason: 'expired' } })
    const sent = rig.send()
    rig.around.state = signedOut
    await sent
    expect([rig.tokens(), rig.callsOf('start')]).toEqual([[null], [['restore']]])
  })

  test('is looked at once for a keepalive request, which is sent without a token where there is none', async () => {
    const rig = createPipelineRig({ state: stateWith(null) }, { strategy: { audienceOf } })
    await rig.send(url, { keepalive: true })
    expect(rig.tokens()).toEqual([null])
  })

  test('is not looked at again for a replay with the same state', async () => {
    const ageOf = vi.fn(() => 'good' as const)
    const rig = createPipelineRig({ running: flightOf({ kind: 'refreshed' }, false) }, { ageOf }, [401])
    await rig.send()
    expect([rig.tokens().length, ageOf.mock.calls.length]).toEqual([2, 2])
  })
})

test('A wrapper that passes what is sent back as a new Request, without the mark of the client, gets to the network below', async () => {
  const below = vi.fn(async () => new Response('below'))
  vi.stubGlobal('fetch', below)
  const { send, transport } = createPipelineRig()
  transport.mockImplementation(input => send(new Request(input)))
  expect(await (await send()).text()).toBe('below')
  expect([transport.mock.calls.length, below.mock.calls.length]).toEqual([1, 1])
})

test('Each further send is told to ky’s form of the call', async () => {
  const onWait = vi.fn()
  const { send, around } = createPipelineRig({}, {}, [401])
  const sent = send(url, {}, { onWait })
  around.state = newer
  await sent
  expect(onWait).toHaveBeenCalledTimes(1)
})
