import { expect, test } from 'vitest'
import { withoutQuery } from '../../../src/http/without-query.ts'

test.each([
  ['https://api.example.com/a/b', 'https://api.example.com/a/b'],
  ['https://api.example.com', 'https://api.example.com/'],
  ['https://api.example.com:8443/a', 'https://api.example.com:8443/a'],
  ['http://[::1]:3000/a', 'http://[::1]:3000/a'],
  // With a scheme of its own, `origin` is "null".
  ['capacitor://localhost/a?token=secret', 'capacitor://localhost/a'],
  ['file:///a?token=secret#secret', 'file:/a'],
  ['blob:https://api.example.com/1?token=secret', 'blob:https://api.example.com/1'],
  ['about:blank', 'about:blank'],
])('An event names %s by its scheme, host and path: %s', (url, expected) => {
  expect(withoutQuery(new URL(url))).toBe(expected)
})

test.each([
  ['query', 'https://api.example.com/a?code=secret'],
  ['fragment', 'https://api.example.com/a#access_token=secret'],
  ['query and fragment', 'https://api.example.com/a?code=secret#secret'],
  ['user and password', 'https://user:secret@api.example.com/a'],
])('An event shows no %s of a URL', (_, url) => {
  expect(withoutQuery(new URL(url))).toBe('https://api.example.com/a')
})

test.each(['data:text/plain,secret', 'data:application/json;base64,c2VjcmV0', 'data:,secret?secret'])(
  'An event shows nothing of what a data URL holds: %s',
  url => {
    expect(withoutQuery(new URL(url))).toBe('data:')
  },
)
