import { check } from '../errors.ts'

/** Mistakes in a token. The first that matches is reported. */
const mistakes: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/^\s*(undefined|null)\s*$/, 'is the word "undefined" or "null": the response has another name for it'],
  [/^\s*(bearer|dpop)\s/i, 'starts with its scheme: leave that out'],
  [/^\s*["'].*["']\s*$/s, 'is in quotes: parse the JSON first'],
  [/^\s|\s$/, 'begins or ends with a space or a line end: trim it'],
  [/^$|[^\x21-\x7e]/, 'has characters that no header can carry (RFC 6750)'],
]

/** @throws ConfigurationError for a token that no header can carry; the platform's own TypeError would print the token */
export function checkToken(token: string | null): void {
  const found = mistakes.find(([pattern]) => pattern.test(token ?? ''))
  check(!found, null, `The access token ${found?.[1]}.`)
}
