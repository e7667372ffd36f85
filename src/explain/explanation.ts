import type { Cause } from './cause.ts'
import { diagnose } from './diagnose.ts'
import type { Facts } from './facts.ts'

/** Why one request, or several of the same kind, got a 401 or a response that cannot be read. */
export interface Explanation {
  readonly method: string
  /** Without query. */
  readonly url: string
  /** `null`: CORS hid the response, or there was none. */
  readonly status: number | null
  /** The most likely first; never empty. */
  readonly causes: readonly Cause[]
  /** How many requests it is of, so far. */
  readonly requests: number
  /** The first routes of those, as `GET https://api.example.com/todos`. */
  readonly routes: readonly string[]
  /** What it rests on: `diagnose(facts)` returns the causes. Has no part of a token. */
  readonly facts: Facts
  /** For a console: plain text. */
  toString(): string
}

const certaintyOf = ({ certainty }: Pick<Cause, 'certainty'>) => `${certainty[0]?.toUpperCase()}${certainty.slice(1)}`

const line = (label: string, text: string | null) => (text ? [`   ${label}: ${text}`] : [])

const describe = ({ certainty, code, title, evidence, page, server, see }: Cause, index: number): string =>
  [
    `${index + 1}. ${certaintyOf({ certainty })}: ${title} (${code})`,
    ...line('Evidence', evidence.join('. ')),
    ...line('In the page', page),
    ...line('On the server', server),
    ...line('See', see),
  ].join('\n')

/** What stands above the causes, and alone where a console group is closed. */
export function headlineOf({ method, url, status, causes, requests }: Explanation): string {
  const what =
    status === null ? 'no response that the page may read' : status === 0 ? 'an opaque response' : String(status)
  const others = requests > 1 ? ` and ${requests - 1} more` : ''
  const [first] = causes
  return `${method} ${url}${others}: ${what}. ${first ? `${certaintyOf(first)}: ${first.title}` : ''}`
}

/** The text below its headline, which has the sentence of the first cause already. */
export const belowHeadline = (explanation: Explanation): string => {
  const [first] = explanation.causes
  const text = String(explanation)
  return first ? text.replace(`${certaintyOf(first)}: ${first.title} (${first.code})`, first.code) : text
}

/** `routes`: of all requests that it stands for. */
export function createExplanation(facts: Facts, routes: readonly string[], requests: number): Explanation {
  const { method, url, response } = facts
  const words = response?.text ? [`The server’s text (untrusted, cut): “${response.text}”`] : []
  const explanation: Explanation = {
    method,
    url,
    status: response?.status ?? null,
    causes: diagnose(facts),
    requests,
    routes,
    facts,
    toString: () =>
      [
        ...(routes.length > 1 ? [`Requests: ${requests}, to ${routes.join(', ')}`] : []),
        ...explanation.causes.map(describe),
        ...words,
      ].join('\n'),
  }
  return explanation
}
