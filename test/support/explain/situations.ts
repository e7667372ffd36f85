import type { Situation } from './situation.ts'
import { deliverySituations } from './situations-delivery.ts'
import { frameworkSituations } from './situations-frameworks.ts'
import { gatewaySituations } from './situations-gateways.ts'
import { sentSituations } from './situations-sent.ts'
import { challengeSituations, refreshSituations } from './situations-servers.ts'
import { tokenSituations } from './situations-tokens.ts'

/** Everything that is provoked over real servers, two or more a cause. */
export const situations: readonly Situation[] = [
  ...sentSituations,
  ...tokenSituations,
  ...refreshSituations,
  ...challengeSituations,
  ...deliverySituations,
  ...frameworkSituations,
  ...gatewaySituations,
]
