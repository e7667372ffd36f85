import { bearer } from 'latchkey'
import { expect, test } from 'vitest'

test.each(['Cookie', 'Host', 'Sec-Token', 'Proxy-Authorization'])(
  'bearer({ header: %j }) is refused: browsers take such a header off without a word (Fetch, forbidden request-header)',
  header => {
    expect(() => bearer({ header })).toThrow(expect.objectContaining({ code: 'configuration', option: 'header' }))
  },
)
