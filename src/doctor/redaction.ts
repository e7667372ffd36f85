/** Keeps secrets out of everything that is printed: what was given, and what servers send. */
export interface Redaction {
  /** From now on this text, and how JSON and URLs write it, is cut out. */
  hide(secret: string | null | undefined): void
  /** For our own sentences. */
  clean(text: string): string
  /** For text of a server: in one line, printable, at most 200 characters. */
  quote(text: string): string
}

// Shorter ones would take letters out of ordinary words.
const shortest = 4
// Only a token is that long; a short password may be a word of our own sentences.
const surelySecret = 12
const longestQuote = 200

const parts = /[\w.~+/-]{8,}/g
const isPartOf = (part: string, secret: string) => secret.length >= surelySecret && secret.includes(part)

// A terminal obeys control characters, so a server could write over the report.
const unprintable = /[^\x20-\x7e\xa0-\u{10ffff}]+/gu

export function createRedaction(): Redaction {
  const secrets = new Set<string>()
  const cut = (text: string, least: number) =>
    // The longest first: one secret may be a part of another.
    [...secrets]
      .filter(secret => secret.length >= least)
      .sort((one, other) => other.length - one.length)
      .reduce((rest, secret) => rest.replaceAll(secret, '…'), text)

  /** A server may repeat the beginning of a token only. */
  const cutParts = (text: string) =>
    text.replace(parts, part => ([...secrets].some(secret => isPartOf(part, secret)) ? '…' : part))

  return {
    hide: secret => {
      if (!secret || secret.length < shortest) return
      for (const form of [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)]) secrets.add(form)
    },
    clean: text => cut(text, surelySecret),
    quote: text => {
      const line = cutParts(cut(text, shortest)).replace(unprintable, ' ').trim()
      return line.length > longestQuote ? `${line.slice(0, longestQuote)}…` : line
    },
  }
}
