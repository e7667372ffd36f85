import { vi } from 'vitest'
import type { PipelinePorts } from '../../src/request/pipeline-ports.ts'
import type { FetchAdapter, FetchInit } from '../../src/request/request-context.ts'
import { createRequestRig, rigOrigin, type Surroundings } from './request-rig.ts'

export const rigUrl = `${rigOrigin}/a`

/** A pipeline over a network that answers with these statuses, one after the other, and then with 200. */
export function createPipelineRig(
  given: Partial<Surroundings> = {},
  ports: Partial<PipelinePorts> = {},
  statuses: readonly number[] = [],
) {
  const rig = createRequestRig(given, ports)
  const left = [...statuses]
  const transport = vi.fn(
    async (_input: RequestInfo | URL, _init?: RequestInit) => new Response('x', { status: left.shift() ?? 200 }),
  )
  return {
    ...rig,
    transport,
    send: (input: RequestInfo | URL = rigUrl, init?: FetchInit, adapter: Partial<FetchAdapter> = {}) =>
      rig.pipeline(input, init, { transport, ...adapter }),
    /** The `Authorization` of each send. */
    tokens: () =>
      transport.mock.calls.map(([input, init]) =>
        new Headers(init?.headers ?? (input as Request).headers).get('authorization'),
      ),
  }
}
