import { allChecks } from './all-checks.ts'
import type { Check, Need } from './check.ts'
import { type Credentials, type Settings, spends } from './settings.ts'

/** A check, and why it is left out; `null`: it is made. */
export interface Step {
  readonly check: Check
  readonly leftOut: string | null
  /** It is left out although its sessions were to be there: the secret is missing, as in the CI of a fork. */
  readonly isMissed: boolean
}

type Omission = Pick<Step, 'leftOut' | 'isMissed'>
const made: Omission = { leftOut: null, isMissed: false }
const omit = (leftOut: string, isMissed = false): Omission => ({ leftOut, isMissed })

const missing: Readonly<Record<Need, string>> = {
  api: 'Give --api, a URL that needs an access token.',
  origin: 'Give --origin, the origin of the page.',
  'cross-origin': 'The API has the origin of the page, so CORS does not apply.',
  'token-endpoint': 'Give --token-endpoint and --client-id.',
  renewal: 'Give --token-endpoint and --client-id, or --refresh-endpoint.',
  cookie: 'Only for cookie mode: --cookie.',
  revocation: 'Give --revocation-endpoint.',
  dpop: 'Only with --dpop.',
  'access-token': 'Give LATCHKEY_ACCESS_TOKEN, or a refresh token and --spend refresh.',
}

/** Whether there is anything that may be renewed with. */
const hasSessions = ({ renewal, loginEndpoint }: Settings, { refreshTokens, cookies, login }: Credentials): boolean =>
  (loginEndpoint !== null && login !== null) || (renewal?.mode === 'cookie' ? cookies : refreshTokens).length > 0

const isAllowed = ({ spend }: Settings, check: Check) => spends.indexOf(check.spends) <= spends.indexOf(spend)

function findMissing(check: Check, settings: Settings, credentials: Credentials): Need | undefined {
  const has: Readonly<Record<Need, boolean>> = {
    api: settings.api !== null,
    origin: settings.origin !== null,
    'cross-origin': settings.api?.origin !== settings.origin,
    'token-endpoint': settings.renewal?.mode === 'oauth',
    renewal: settings.renewal !== null,
    cookie: settings.renewal?.mode === 'cookie',
    revocation: settings.revocationEndpoint !== null,
    dpop: settings.dpop,
    'access-token':
      credentials.accessToken !== null || (settings.spend !== 'nothing' && hasSessions(settings, credentials)),
  }
  return check.needs.find(need => !has[need])
}

function decide(check: Check, settings: Settings, credentials: Credentials): Omission {
  const { only, skip, spend, loginEndpoint } = settings
  if (only.length > 0 && !only.includes(check.id)) return omit('Not among --only.')
  if (skip.includes(check.id)) return omit('Left out by --skip.')
  const need = findMissing(check, settings, credentials)
  const isMissed = spend !== 'nothing' && (loginEndpoint !== null || credentials.hasEmpty)
  if (need) return omit(missing[need], need === 'access-token' && isMissed)
  if (!isAllowed(settings, check)) return omit(`Spends a ${check.spends}; --spend is ${spend}.`)
  if (check.spends === 'nothing' || hasSessions(settings, credentials)) return made
  const source = settings.renewal?.mode === 'cookie' ? 'LATCHKEY_COOKIE' : 'LATCHKEY_REFRESH_TOKEN'
  return omit(`Give ${source}, or --login-endpoint and LATCHKEY_LOGIN.`, isMissed)
}

export const planChecks = (settings: Settings, credentials: Credentials): readonly Step[] =>
  allChecks.map(check => ({ check, ...decide(check, settings, credentials) }))

const list = (checks: readonly Check[]) => checks.map(({ id }) => id).join(', ')

/** What it will use up, in sentences; empty where it uses nothing up. */
export function describeSpending(
  steps: readonly Step[],
  settings: Settings,
  { refreshTokens, cookies }: Credentials,
): readonly string[] {
  const planned = steps.filter(({ leftOut }) => leftOut === null).map(({ check }) => check)
  const refreshing = planned.filter(check => check.spends === 'refresh')
  const ending = planned.filter(check => check.spends === 'session')
  const waits = ending.filter(({ id }) => id === 'grace-window' || id === 'reuse-detection').length
  const given = (settings.renewal?.mode === 'cookie' ? cookies : refreshTokens).length
  const supply = settings.loginEndpoint
    ? 'as many as it needs by --login-endpoint'
    : `${given} given; a server without a grace window uses up three`
  const seconds = Math.ceil(settings.graceSeconds * waits) + waits
  return [
    ...(refreshing.length > 0 ? [`Refreshes, so that the given credential is replaced: ${list(refreshing)}.`] : []),
    ...(ending.length > 0
      ? [`May end a session of the account, on all its devices if the server revokes so: ${list(ending)}.`]
      : []),
    ...(ending.length > 0 ? [`Sessions: ${supply}.`] : []),
    ...(waits > 0 ? [`Waits up to ${seconds} s for the grace window (--grace-seconds ${settings.graceSeconds}).`] : []),
    ...(refreshing.length + ending.length > 0
      ? ['The new credentials are not printed, so the ones you gave cannot be used afterwards.']
      : []),
  ]
}
