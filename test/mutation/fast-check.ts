// By its path: under its own name, tests of mutants get this file.
import fc, { type Parameters } from '../../node_modules/fast-check/lib/fast-check.js'

/** Enough to notice a mutant. A test that passes is run again for each of hundreds. */
const maxRuns = 100

/**
 * fast-check with a fixed seed, so that a mutant meets the same cases in each measurement. The smallest case that fails is of no
 * interest.
 */
const bounded = (parameters: Parameters<unknown> = {}) => ({
  ...parameters,
  numRuns: Math.min(parameters.numRuns ?? maxRuns, maxRuns),
  seed: parameters.seed ?? 13,
  endOnFailure: true,
})
const assert = (property: never, parameters?: Parameters<unknown>) => fc.assert(property, bounded(parameters) as never)

export default { ...fc, assert }
