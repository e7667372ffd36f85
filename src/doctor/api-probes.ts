import type { Network, ProbeResponse } from './network.ts'
import type { Prover } from './prover.ts'
import type { Settings } from './settings.ts'

/** No server has ever issued it, and it has the syntax of one (RFC 6750 §2.1). */
export const madeUpToken = 'latchkey-doctor-made-up-token'

/** The questions to the API; each is sent once, however many checks look at the response. */
export interface ApiProbes {
  bare(): Promise<ProbeResponse>
  madeUp(): Promise<ProbeResponse>
  /** A path that is most likely not there. */
  missing(): Promise<ProbeResponse>
  preflight(): Promise<ProbeResponse>
  /** From an origin that is certainly not the app's. */
  foreign(): Promise<ProbeResponse>
  accepted(token: string): Promise<ProbeResponse>
  /** With a token that is good and bound to a key, but without a proof. */
  unproved(token: string): Promise<ProbeResponse>
}

export const foreignOrigin = 'https://latchkey-doctor.invalid'

const once = <Result>(make: () => Promise<Result>): (() => Promise<Result>) => {
  let made: Promise<Result> | undefined
  return () => {
    made ??= make()
    return made
  }
}

/** What a page of the app has to ask leave for. */
export const wantedHeaders = ({ dpop }: Settings): readonly string[] => ['authorization', ...(dpop ? ['dpop'] : [])]

interface ApiProbePorts {
  readonly settings: Settings
  readonly network: Network
  readonly prover: Prover | null
}

export function createApiProbes(url: URL, { settings, network, prover }: ApiProbePorts): ApiProbes {
  const ofOrigin = settings.origin === null ? {} : { origin: settings.origin }
  const get = (note: string, headers: Readonly<Record<string, string>> = {}, target = url) =>
    network.send({ note, url: target, headers: { accept: '*/*', ...ofOrigin, ...headers } })
  const scheme = settings.dpop ? 'DPoP' : 'Bearer'
  return {
    bare: once(() => get('without a token')),
    madeUp: once(async () => {
      const note = 'with a made-up token'
      const headers = { authorization: `${scheme} ${madeUpToken}`, ...ofOrigin }
      if (!prover) return get(note, headers)
      return prover.send({ note, url, headers }, madeUpToken)
    }),
    missing: once(() => get('(a path that is not there)', {}, new URL('/latchkey-doctor-not-there', url))),
    preflight: once(() =>
      network.send({
        note: 'as a preflight',
        url,
        method: 'OPTIONS',
        headers: {
          ...ofOrigin,
          'access-control-request-method': 'GET',
          'access-control-request-headers': wantedHeaders(settings).join(','),
        },
      }),
    ),
    foreign: once(() => get('from another origin', { origin: foreignOrigin })),
    accepted: async token => {
      const probe = {
        note: 'with the access token',
        url,
        headers: { authorization: `${scheme} ${token}`, ...ofOrigin },
      }
      return prover?.send(probe, token) ?? network.send(probe)
    },
    unproved: token => get('with the bound token and no proof', { authorization: `Bearer ${token}` }),
  }
}
