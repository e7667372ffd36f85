import { releaseBody } from '../../http/bodies.ts'
import { readText } from '../../http/read-text.ts'
import type { ProvedTransport } from '../scheme.ts'
import { type Key, prove } from './proof.ts'
import type { ServerNotes, Servers } from './servers.ts'

interface Made {
  readonly proof: string
  /** The notes on the server when the proof was made. */
  readonly notes: ServerNotes
}

interface TokenTransportPorts {
  readonly key: Key
  readonly servers: Servers
  readonly transport: typeof globalThis.fetch
  readonly endpoint: string | URL | undefined
}

/** No error response is larger: the other branch of the copy would hold all that is read here. */
const mostBytes = 2 ** 16

/** RFC 6749 §5.2. Reads a copy, so that the caller can read the response. */
async function errorOf(response: Response): Promise<unknown> {
  try {
    const text = response.ok ? null : await readText(response.clone(), { mostBytes })
    return text === null ? undefined : (JSON.parse(text) as { readonly error?: unknown }).error
  } catch {
    return undefined
  }
}

/**
 * The network for one token request, with a proof on each call. The first one to `endpoint` is made beforehand, so that the call
 * leaves in the task in which it is asked for.
 */
export async function createTokenTransport({
  key,
  servers,
  transport,
  endpoint,
}: TokenTransportPorts): Promise<ProvedTransport> {
  const make = async (method: string, url: URL): Promise<Made> => {
    const notes = servers.notesOf('token', url)
    return { notes, proof: await prove(key, { ...notes, method, url }) }
  }
  const send = (url: URL, init: RequestInit, { proof }: Made) => {
    const headers = new Headers(init.headers)
    headers.set('DPoP', proof)
    return transport(url, { ...init, headers })
  }
  const expected = endpoint === undefined ? undefined : new URL(endpoint)
  let ready = expected && (await make('POST', expected))

  async function proved(input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> {
    const url = new URL(input as URL)
    const { method = 'GET' } = init
    let made = (method === 'POST' && url.href === expected?.href && ready) || (await make(method, url))
    ready = undefined
    // A proof is rejected before the token is looked at, so the same token may be presented again: once with the server's
    // nonce and once with its time (RFC 9449 §8, §11.1).
    for (let provedAnewFor = ''; ; ) {
      const response = await send(url, init, made)
      const learned = servers.learn({ role: 'token', url, notes: made.notes }, response, await errorOf(response))
      if (!learned || provedAnewFor.includes(learned)) return response
      provedAnewFor += learned
      releaseBody(response)
      made = await make(method, url)
    }
  }
  return { keyThumbprint: key.thumbprint, transport: proved }
}
