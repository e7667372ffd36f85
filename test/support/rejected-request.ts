import type { PipelinePorts, Reauthentication } from '../../src/request/pipeline-ports.ts'
import type { RequestContext } from '../../src/request/request-context.ts'
import { createRequestRig, type Surroundings } from './request-rig.ts'

export interface RejectedIn extends Partial<Surroundings> {
  readonly ports?: Partial<PipelinePorts>
  readonly challenge?: string
  /** What has changed since the request was sent. */
  readonly since?: Partial<Surroundings>
}

/** A dialog that ends so. Its user, if one signs in, is that of `session-a`. */
export const dialogOf = (
  answer: Awaited<Reauthentication['outcome']>,
  kind: Reauthentication['kind'] = 'login',
): Reauthentication => ({ kind, outcome: Promise.resolve(answer), sessionId: 'session-a' })

/** What becomes of a request that a 401 answers, and what the parts around it are told. */
export async function rejectRequest(
  changes: Omit<Partial<RequestContext>, 'sentWith'> = {},
  { ports, challenge, since, ...given }: RejectedIn = {},
) {
  const rig = createRequestRig(given, ports)
  const context = rig.sent(changes)
  Object.assign(rig.around, since)
  const headers = { 'www-authenticate': challenge ?? 'Bearer error="invalid_token"' }
  const response = new Response('refused', { status: 401, headers })
  let end: unknown
  try {
    end = (await rig.afterResponse(context, response)) === null ? 'sent again' : 'returned'
  } catch (error) {
    const { code, reason, message } = error as { code?: string; reason?: string; message: string }
    end = code ? [code, reason].filter(Boolean).join(': ') : message
  }
  return { end, told: rig.told, steps: rig.steps(), context, response, isReleased: response.bodyUsed }
}
