import { type Cause, type CauseRule, certainties } from './cause.ts'
import { causeRules, unknown } from './causes.ts'
import type { Facts } from './facts.ts'

/** More than these would be guessing. */
const mostCauses = 5

const toCause = (rule: CauseRule, facts: Facts): Cause | null => {
  const finding = rule.find(facts)
  if (!finding) return null
  const { code, title, page, server, see } = rule
  return { code, title, page, server, see, ...finding }
}

/**
 * Why a request was refused, or why its response cannot be read: the most likely cause first, never empty. Pure.
 *
 * @example diagnose(facts)[0]?.title // 'The token has expired.'
 */
export function diagnose(facts: Facts): readonly Cause[] {
  const found = causeRules.map(rule => toCause(rule, facts)).filter(cause => cause !== null)
  const ranked = certainties.flatMap(certainty => found.filter(cause => cause.certainty === certainty))
  // Where one is sure, what is only possible is noise.
  const isSure = ranked[0]?.certainty === 'surely'
  const listed = ranked.filter(({ certainty }) => !isSure || certainty !== 'possibly').slice(0, mostCauses)
  const nothing = toCause(unknown, facts)
  return listed.length > 0 || !nothing ? listed : [nothing]
}
