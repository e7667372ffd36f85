import type { Check } from '../check.ts'
import type { Examination } from '../examination.ts'
import { type Finding, fault, orOk, warning } from '../finding.ts'
import type { ProbeResponse } from '../network.ts'

// `Date` has whole seconds, and a busy machine needs some.
const tolerableSeconds = 10
const harmfulSeconds = 60

/** How many seconds the server's clock is ahead of this machine's; `null` where it does not tell. */
const aheadOf = ({ headers, atMs }: ProbeResponse): number | null => {
  const date = Date.parse(headers.get('date') ?? '')
  return Number.isNaN(date) ? null : Math.round((date - atMs) / 1000)
}

const inWords = (seconds: number) => `${Math.abs(seconds)} s ${seconds > 0 ? 'ahead of' : 'behind'}`

function judge(where: string, seconds: number | null): Finding | false {
  if (seconds === null) return warning(`${where} sends no \`Date\`.`, 'Send `Date`: clients measure their clock by it.')
  const amount = Math.abs(seconds)
  if (amount <= tolerableSeconds) return false
  const says = `The clock of ${where.toLowerCase()} is ${inWords(seconds)} this machine's.`
  const fix = 'Synchronise both by NTP; find out which of the two is wrong.'
  return amount > harmfulSeconds ? fault(says, fix) : warning(says, fix)
}

const readTokenEndpoint = ({ settings, madeUpRenewal }: Examination): Promise<ProbeResponse> | null =>
  settings.renewal && madeUpRenewal().then(({ response }) => response)

export const clock: Check = {
  id: 'clock',
  question: 'Do the clocks of the servers agree?',
  needs: [],
  spends: 'nothing',
  why: 'A token is good between two times. Where the API’s clock differs from the token endpoint’s, fresh tokens are refused; DPoP proofs are, too.',
  references: ['RFC 9110 §6.6.1', 'RFC 7519 §4.1.4', 'RFC 9449 §11.1'],
  chapter: 'cors',
  async examine(examination) {
    const { settings, api, describe } = examination
    const ofApi = settings.api && (await api.bare())
    const ofTokens = await readTokenEndpoint(examination)
    const [apiSeconds, tokenSeconds] = [ofApi && aheadOf(ofApi), ofTokens && aheadOf(ofTokens)]
    const differ =
      apiSeconds !== null && tokenSeconds !== null && Math.abs(apiSeconds - tokenSeconds) > tolerableSeconds
    return {
      evidence: [ofApi, ofTokens].filter(response => response !== null).map(response => describe(response, 'date')),
      findings: orOk(
        [
          ofApi && judge('The API', apiSeconds),
          ofTokens && judge('The token endpoint', tokenSeconds),
          differ &&
            fault(
              `The API and the token endpoint differ by ${Math.abs(apiSeconds - tokenSeconds)} s.`,
              'Synchronise both by NTP.',
            ),
        ],
        'The clocks agree to within 10 s.',
      ),
    }
  },
}
