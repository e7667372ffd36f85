import { describe, expect, test } from 'vitest'
import { createTrustedOrigins, isHostAlone, isWeb, originOf } from '../../../src/http/trusted-origins.ts'

describe('a host without a scheme', () => {
  test.each([
    'api.example.com',
    'api.example.com/v1/',
    'localhost:3000',
    'localhost:3000/v1',
    'api.example.com:8443',
    '127.0.0.1',
    'user@api.example.com',
    'a.b',
    'a.b?c',
    'mailto:someone',
    'data.json',
    new URL('mailto:someone@example.com'),
  ])('is seen in %j: a dot or colon, and what follows it, before any slash', text => {
    expect(isHostAlone(text)).toBe(true)
  })

  test.each([
    undefined,
    '',
    'localhost',
    'v1/',
    '/v1',
    '/api.example.com',
    'v1/data.json',
    '//api.example.com',
    'https://api.example.com',
    'https://localhost:3000/',
    '?redirect=a.b',
    '#a.b',
    'v1?a.b',
    'v1#a.b',
    './v1',
    '../v1',
    '..',
    'v1.',
    'v1:',
    new URL('https://api.example.com'),
  ])('is not seen in %j', text => {
    expect(isHostAlone(text)).toBe(false)
  })
})

test.each([
  ['https://api.example.com/a?b#c', 'https://api.example.com'],
  ['http://user:secret@localhost:3000/', 'http://localhost:3000'],
  ['capacitor://localhost/a', 'capacitor://localhost'],
  ['file:///a', 'file://'],
  ['blob:https://api.example.com/1', 'blob://'],
])('the origin of %s has its own scheme, host and port', (url, origin) => {
  expect(originOf(new URL(url))).toBe(origin)
})

test.each([
  ['http://a.test', true],
  ['https://a.test', true],
  ['httpx://a.test', false],
  ['xhttps://a.test', false],
  ['httpss://a.test', false],
  ['ws://a.test', false],
])('whether %s is a URL of the web is told by its scheme alone: %j', (url, expected) => {
  expect(isWeb(new URL(url))).toBe(expected)
})

describe('a URL is taken unparsed', () => {
  test.each(['/a', '', 'https://api.example.com/'])('never where no origin is trusted: %j', text => {
    expect(createTrustedOrigins([]).hasNormalized(text)).toBe(false)
  })

  test.each([
    ['https://api.example.com', 'https://apiXexample.com/'],
    ['https://api.example.com', 'https://api.exampleXcom/'],
    ['https://a-b.test', 'https://aab.test/'],
    ['http://[::1]:3000', 'http://1:3000/'],
    ['http://[::1]:3000', 'http://::3000/'],
  ])('only with each character of the origin: %s is not the beginning of %s', (origin, text) => {
    expect(createTrustedOrigins([origin]).hasNormalized(text)).toBe(false)
  })

  test.each(['http://[::1]:3000', 'https://a-b.test', 'https://xn--bcher-kva.example', 'https://a_b.test:8443'])(
    'after an origin with signs, a port or an address: %s',
    origin => {
      expect(createTrustedOrigins(['https://first.test', origin]).hasNormalized(`${origin}/a`)).toBe(true)
    },
  )
})
