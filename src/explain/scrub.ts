/** A server's text, made fit to be shown: one line, cut, and without anything that may be a token. */

const longestText = 160

/** Runs of the characters that tokens are made of (RFC 6750 §2.1). */
const runs = /[\w.~+/=-]{6,}/g

/** A token may be of all visible characters (RFC 6749 §A.12): then it is looked for in whole words, and not between its own marks. */
const words = /[!-~]{6,}/g
const isUnusual = (secret: string) => /[^\w.~+/=-]/.test(secret)

/** Such a long run with a digit in it is no word of a language. */
const looksSecret = (run: string) => run.length >= 20 && /\d/.test(run) && !/^(https?:)?\/\//.test(run)

// biome-ignore lint/suspicious/noControlCharactersInRegex: a console must not be steered by what a server says
const control = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069]+/g

/** `null` for an empty text. `secrets`: no part of them of six characters or more is kept. */
export function scrub(value: string | null | undefined, secrets: readonly string[]): string | null {
  const line = (value ?? '')
    .slice(0, 4 * longestText)
    .replace(control, ' ')
    .trim()
  const unusual = secrets.filter(isUnusual)
  const isSecret = (run: string) => looksSecret(run) || secrets.some(secret => hasPartOf(run, secret))
  const clean = line
    .replace(words, word => (unusual.some(secret => hasPartOf(word, secret)) ? '…' : word))
    .replace(runs, run => (isSecret(run) ? '…' : run))
  return clean.length > longestText ? `${clean.slice(0, longestText)}…` : clean || null
}

/** Whether six characters in a row are of the secret. */
function hasPartOf(run: string, secret: string): boolean {
  for (let start = 0; start + 6 <= run.length; start += 1) if (secret.includes(run.slice(start, start + 6))) return true
  return false
}
