import { type ApiProbes, createApiProbes, madeUpToken } from './api-probes.ts'
import { createNetwork, describeResponse, type Network, type ProbeResponse } from './network.ts'
import { createProver, type Prover } from './prover.ts'
import type { Redaction } from './redaction.ts'
import { createRenewer, type Renewal, type Renewer, type RenewOptions } from './renewal.ts'
import { createSessions, type Sessions } from './sessions.ts'
import type { Credentials, Settings } from './settings.ts'

/** What one check learned that spares another one a session. */
export interface Learned {
  /** Whether a refresh token is accepted again right after it was replaced. */
  window?: 'open' | 'closed' | 'not-replaced'
  /** Whether a second use was seen to end the session. */
  reuseEndsSession?: boolean
}

/** What a check gets to ask the servers with. */
export interface Examination {
  readonly settings: Settings
  readonly redaction: Redaction
  readonly network: Network
  readonly prover: Prover | null
  readonly api: ApiProbes
  readonly renewer: Renewer
  readonly sessions: Sessions
  readonly learned: Learned
  /** A refresh that must be refused: its credential was never issued. */
  madeUpRenewal(): Promise<Renewal>
  wait(ms: number): Promise<void>
  describe(response: ProbeResponse, ...headers: readonly string[]): string
}

export interface Platform {
  wait(ms: number): Promise<void>
}

interface ExaminationPorts {
  readonly credentials: Credentials
  readonly redaction: Redaction
  readonly platform: Platform
}

export async function createExamination(
  settings: Settings,
  { credentials, redaction, platform }: ExaminationPorts,
): Promise<Examination> {
  const network = createNetwork(settings.timeoutMs, redaction)
  const prover = settings.dpop ? await createProver(network, credentials.dpopKey) : null
  const renewer = createRenewer({ settings, network, prover, redaction })
  let madeUp: Promise<Renewal> | undefined
  const options: RenewOptions = { note: 'with a made-up credential' }
  const secret = settings.renewal?.mode === 'cookie' ? `latchkey-doctor=${madeUpToken}` : madeUpToken
  return {
    settings,
    redaction,
    network,
    prover,
    renewer,
    api: createApiProbes(settings.api ?? new URL('about:blank'), { settings, network, prover }),
    sessions: createSessions({ settings, credentials, renewer }),
    learned: {},
    madeUpRenewal: () => {
      madeUp ??= renewer.renew({ secret, accessToken: null }, options)
      return madeUp
    },
    wait: platform.wait,
    describe: (response, ...headers) => describeResponse(response, headers, redaction),
  }
}
