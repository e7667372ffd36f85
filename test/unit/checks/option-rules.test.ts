import { ConfigurationError } from 'latchkey'
import { describe, expect, test } from 'vitest'
import { checkOptions, type OptionRule } from '../../../src/checks/option-rules.ts'

const anything: OptionRule = [() => true, '']
const rules = { tokenEndpoint: anything, clientId: anything, scope: anything, refreshTimeoutMs: anything }

const complain = (given: unknown, by: Readonly<Record<string, OptionRule>> = rules, within?: string): string => {
  try {
    checkOptions(given as object, by, within)
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message
    throw error
  }
  return 'accepted'
}

describe('A name that is not known is refused with the right one', () => {
  test.each([
    ['token_endpoint', 'tokenEndpoint', 'the spelling of OAuth'],
    ['client-id', 'clientId', 'a dash'],
    ['CLIENTID', 'clientId', 'other letters'],
    ['clientID', 'clientId', 'other letters'],
    ['cleintId', 'clientId', 'two letters swapped'],
    ['clintId', 'clientId', 'a letter missing'],
    ['clientIdd', 'clientId', 'a letter too many'],
    ['clientIs', 'clientId', 'a wrong letter'],
    ['scopes', 'scope', 'a plural'],
    ['refreshTimeout', 'refreshTimeoutMs', 'without its unit'],
    ['xtokenEndpoint', 'tokenEndpoint', 'a letter too many at its beginning'],
  ])('%s: write %s (%s)', (wrong, right) => {
    expect(complain({ [wrong]: 'x' })).toBe(`\`${wrong}\`: write \`${right}\``)
  })

  test.each(['timeout', 'cl', 'id', 'tokens', 'sc', 'copes', 'endpoint'])(
    '%s is near none, so all are listed',
    wrong => {
      expect(complain({ [wrong]: 'x' })).toBe(
        `\`${wrong}\`: write one of tokenEndpoint, clientId, scope, refreshTimeoutMs`,
      )
    },
  )

  test('says within what it stands', () => {
    expect(complain({ scop: 'x' }, rules, 'limits.')).toBe(
      '`limits.scop`: write one of tokenEndpoint, clientId, scope, refreshTimeoutMs',
    )
    expect(complain({ scopes: 'x' }, rules, 'limits.')).toBe('`limits.scopes`: write `scope`')
  })

  test('`undefined` is nothing that could be ignored', () => {
    expect(complain({ nothing: undefined })).toBe('accepted')
  })

  test('names of Object.prototype are no options', () => {
    expect(complain({ constructor: 1 })).toContain('write one of')
    expect(complain({ toString: () => '' })).toContain('write one of')
  })
})

describe('A value that is wrong', () => {
  const text: OptionRule = [value => typeof value === 'string', 'a string']
  const needed: OptionRule = [text[0], 'a string', 'required']

  test('is refused with what to write', () => {
    expect(complain({ a: 5 }, { a: text })).toBe('`a`: write a string')
    expect(complain({ a: null }, { a: text })).toBe('`a`: write a string')
    expect(complain({ a: 'x' }, { a: text })).toBe('accepted')
  })

  test('may be missing, unless it is required', () => {
    expect(complain({}, { a: text })).toBe('accepted')
    expect(complain({ a: undefined }, { a: text })).toBe('accepted')
    expect(complain({}, { a: needed })).toBe('`a`: write a string')
    expect(complain({ a: undefined }, { a: needed })).toBe('`a`: write a string')
  })

  test('is a function that was to be called, if it has a name', () => {
    const createText = () => 'x'
    expect(complain({ a: createText }, { a: text })).toBe('`a`: call the function: `createText(…)`')
    expect(
      complain(
        {
          a: (
            () => () =>
              'x'
          )(),
        },
        { a: text },
      ),
    ).toBe('`a`: write a string')
  })

  test('is no function that was to be called, if it was written in the place of the value: its name is that of the option', () => {
    expect(complain({ a: () => 'x' }, { a: text })).toBe('`a`: write a string')
    expect(complain({ a() {} }, { a: text })).toBe('`a`: write a string')
  })
})

describe('Options', () => {
  test.each([undefined, null])('that are %s are none', given => {
    expect(complain(given)).toBe('accepted')
  })

  test.each(['https://id.test/token', 5, true, ['x'], () => ({})])('that are %o are refused', given => {
    expect(complain(given)).toBe('`options`: write an object: `{ tokenEndpoint: … }`')
  })
})
