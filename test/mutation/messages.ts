import type { Ignorer } from '@stryker-mutator/api/ignore'

interface Node {
  readonly type: string
  readonly value?: unknown
  readonly quasis?: readonly { readonly value: { readonly raw: string } }[]
}

const isSentence = /\S \S+ \S/

/**
 * Texts of three words or more are messages to people: of errors, warnings and reports. A test that compared them would only
 * repeat them, and each improvement of a message would break it. What they must not contain (tokens) is tested elsewhere.
 */
export const messages: Ignorer = {
  shouldIgnore: path => {
    const { type, value, quasis } = (path as { node: Node }).node
    const text = type === 'StringLiteral' ? String(value) : (quasis?.map(({ value }) => value.raw).join('x') ?? '')
    return isSentence.test(text) ? 'the text of a message' : undefined
  },
}
