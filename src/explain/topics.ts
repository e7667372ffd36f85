import type { Finding } from './cause.ts'
import type { Facts } from './facts.ts'
import { wordsOf } from './questions.ts'

/** What a server can name in its own words, in `error_description` or in the body. */
const patterns = {
  issuer: /\biss(uer)?\b/i,
  audience: /\baud(iences?)?\b|\bazp\b|authorized party|client[ _-]?id\b/i,
  signature:
    /signature|signing key|\bkid\b|\bjwks?\b|\balg(orithm)?\b|verification|could not (validate|verify|decode)/i,
  revoked:
    /revoked|logged ?out|signed ?out|inactive|black ?list|deny ?list|session (has |was |is )?(ended|expired|terminated|over|not found|inactive)/i,
  permission:
    /permission|forbidden|not (allowed|permitted)|(not|n[’']t) authorized to|access denied|\broles?\b|privilege/i,
  expired: /\bexpir|not yet|not active|before|in the future/i,
} as const

export type Topic = keyof typeof patterns

/** The server's words that name this topic; `null`: none do. */
export const wordsAbout = (facts: Facts, topic: Topic): string | null => wordsOf(facts, patterns[topic])

/** Whether the server names what is wrong with the token itself. */
export const namesTokenFault = (facts: Facts): boolean =>
  (['issuer', 'audience', 'signature', 'expired'] as const).some(topic => wordsAbout(facts, topic))

/** Whether the server names another topic, and not this one: then this one is less likely. */
export const namesOther = (facts: Facts, topic: Topic | null): boolean =>
  (topic === null || !wordsAbout(facts, topic)) &&
  (Object.keys(patterns) as Topic[]).some(other => other !== topic && wordsAbout(facts, other))

/** Less likely where the server names something else. */
export const unlessNamed = (facts: Facts, topic: Topic | null, finding: Finding): Finding =>
  namesOther(facts, topic) ? { ...finding, certainty: 'possibly' } : finding
