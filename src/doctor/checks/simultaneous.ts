import type { Check } from '../check.ts'
import type { Examination } from '../examination.ts'
import { type Finding, fault, type Outcome, ok, unknown, warning } from '../finding.ts'
import type { Renewal } from '../renewal.ts'
import type { Renewed } from '../sessions.ts'

const fix =
  'Accept a refresh token for about half a minute after it was replaced, and return working tokens to both requests.'

type Granted = Extract<Renewal, { readonly kind: 'granted' }>
const isGranted = (renewal: Renewal): renewal is Granted => renewal.kind === 'granted'

/** Two at once, the responses in the order in which they came. */
async function renewTwice({ session }: Renewed, { renewer }: Examination): Promise<readonly Renewal[]> {
  const arrived: Renewal[] = []
  const renewOne = async (note: string) => void arrived.push(await renewer.renew(session.credential, { note }))
  await Promise.all([renewOne('with one refresh token'), renewOne('with the same one at the same time')])
  return arrived
}

/** The first that the server goes on with, newest first. */
async function goOn(candidates: readonly Granted[], { session }: Renewed, { renewer, sessions }: Examination) {
  for (const [index, candidate] of candidates.entries()) {
    const next = await renewer.renew(candidate.credential, { note: 'with what came back' })
    if (!isGranted(next)) continue
    session.credential = next.credential
    return index
  }
  sessions.end(session)
  return null
}

function judge(refused: readonly Renewal[], survivor: number | null): Finding {
  const [lost] = refused
  if (survivor === null) {
    return fault(
      lost
        ? 'Two refreshes at the same time end the session: one is refused, and with it all tokens of the session.'
        : 'Two refreshes at the same time end the session: both are granted, and what they brought is refused.',
      fix,
    )
  }
  if (lost?.kind === 'unclear') {
    return warning(`Of two refreshes at the same time, one gets ${lost.response.status}.`, fix)
  }
  if (lost) {
    const says =
      'Of two refreshes at the same time, one is refused: a client that does not share its store signs the user out.'
    return warning(says, fix)
  }
  return survivor === 0
    ? ok('Two refreshes at the same time both succeed, and the session goes on.')
    : warning('Of two refreshes at the same time, only one brings tokens that work.', fix)
}

async function race(renewed: Renewed, examination: Examination): Promise<Outcome> {
  const arrived = await renewTwice(renewed, examination)
  const granted = arrived.filter(isGranted).reverse()
  const refused = arrived.filter(renewal => !isGranted(renewal))
  const survivor = await goOn(granted, renewed, examination)
  const rest = granted.length === 0 ? 'neither was granted' : survivor === null ? 'refused' : 'granted'
  const evidence = [
    ...arrived.map(({ response }) => examination.describe(response)),
    `A refresh with what came back: ${rest}`,
  ]
  if (survivor === null && refused.length > 0) examination.learned.reuseEndsSession = granted.length > 0
  if (granted.length === 0 && arrived.every(({ kind }) => kind === 'unclear')) {
    const says = 'Neither of two refreshes at the same time was granted or refused.'
    return { evidence, findings: [unknown(says, 'Try again when the token endpoint works.')] }
  }
  return { evidence, findings: [judge(refused, survivor)] }
}

export const simultaneous: Check = {
  id: 'simultaneous',
  question: 'Does the session survive two refreshes at the same time?',
  needs: ['renewal'],
  spends: 'session',
  why: 'Two browser windows, two subdomains or an app and its service worker can refresh in the same moment. No lock in a browser covers them all.',
  references: ['RFC 9700 §4.14.2'],
  chapter: 'rotation',
  async examine(examination) {
    const { sessions, learned, settings } = examination
    const renewed = await sessions.renew('to refresh')
    if (renewed) return race(renewed, examination)
    const hint =
      learned.window === 'closed'
        ? ' Most likely it does not: the refresh token of a lost response was refused, too.'
        : ''
    const more =
      settings.renewal?.mode === 'cookie'
        ? 'Give another session: LATCHKEY_COOKIE takes one a line.'
        : 'Give another session: LATCHKEY_REFRESH_TOKEN takes one refresh token a line.'
    return { evidence: [], findings: [unknown(sessions.shortage + hint, more)] }
  },
}
