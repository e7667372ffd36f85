import type { Makers } from './fetch-values.ts'

/** Headers that any platform with a `fetch` knows, or refuses. */
export const headers: Makers = {
  'a record': () => ({ 'x-a': '1', 'X-B': ' spaced ' }),
  'a record of numbers and capitals': () => ({ 'x-a': 1, 'X-A': undefined }),
  pairs: () => [
    ['x-a', '1'],
    ['x-a', '2'],
  ],
  'pairs that are none': () => [['x-a']],
  Headers: () => new Headers({ 'content-type': 'x/y', 'x-a': '1' }),
  'a Map': () => new Map([['x-a', '1']]),
  'inherited ones': () => Object.assign(Object.create({ 'x-a': '1' }), { 'x-b': '2' }),
  'a name that is none': () => ({ 'not a name': '1' }),
  'a value that is none': () => ({ 'x-a': '1\n2' }),
  'a value of many bytes': () => ({ 'x-a': '☃' }),
  'Latin-1': () => ({ 'x-a': 'é' }),
  'an Authorization of its own': () => ({ authorization: 'Basic mine' }),
  'a symbol': () => ({ [Symbol('x-a')]: '1', 'x-b': '1' }),
  'a text': () => 'x-a: 1',
  'null headers': () => null,
  'no headers': () => ({}),
  'names in two cases': () => [
    ['X-A', '1'],
    ['x-a', '2'],
    ['x-b', ''],
  ],
  'a generator of pairs': () =>
    (function* () {
      yield ['x-a', '1']
      yield new Set(['x-b', '2'])
    })(),
  'Headers in a Proxy': () => new Proxy(new Headers({ 'x-a': '1' }), {}),
  'a getter': () => ({
    get 'x-a'() {
      return '1'
    },
  }),
  'a getter that fails': () => ({
    get 'x-a'() {
      throw new TypeError('no header')
    },
  }),
  'a content type that is undefined': () => ({ 'content-type': undefined }),
  'names that are numbers': () => ({ 2: 'b', 1: 'a', 'x-a': '1' }),
}
