import { expect } from 'vitest'
import type { BoundTokens } from './bound-tokens.ts'
import type { Page } from './browsers.ts'

/** What an app writes; each page begins with it. */
export const begin = `
  const [servers] = args
  const { createClient, indexedDbStore } = await import('latchkey')
  const { dpop, loginProof } = await import('latchkey/dpop')
  const { oauthRefresh } = await import('latchkey/oauth')
  const tokenEndpoint = servers.issuer + '/token'
  if (!window.client) {
    window.scheme = dpop()
    window.logins = []
    const resource = { [servers.files]: servers.filesResource }
    window.client = createClient({
      baseUrl: servers.api,
      trustedOrigins: [servers.files],
      scheme,
      store: indexedDbStore(),
      refresh: oauthRefresh({ tokenEndpoint, clientId: 'latchkey-demo', resource }),
      onLoginRequired: ({ reason, tab }) => logins.push(reason + ' ' + tab),
    })
  }
  const statusOf = (path, origin = servers.api) => client.fetch(origin + path).then(({ status }) => status, error => error.reason ?? String(error))
`

/** To the authorization server, whose form and consent are those of the demo. */
const leave = `${begin}
  const encode = bytes => btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
  sessionStorage.verifier = encode(crypto.getRandomValues(new Uint8Array(32)))
  const challenge = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(sessionStorage.verifier))
  const { thumbprint } = await loginProof(scheme, { url: tokenEndpoint })
  const wanted = new URLSearchParams({
    client_id: 'latchkey-demo', response_type: 'code', redirect_uri: servers.page + '/callback', prompt: 'login consent',
    scope: 'openid profile offline_access notes:read', state: 's', nonce: 'n',
    code_challenge: encode(challenge), code_challenge_method: 'S256', dpop_jkt: thumbprint,
  })
  for (const resource of [servers.resource, servers.filesResource]) wanted.append('resource', resource)
  return servers.issuer + '/auth?' + wanted`

/** Back from there: the code for tokens, proved by the key of the coming session, with the nonce that the server wants. */
const arrive = `${begin}
  const ask = async nonce => {
    const { proof } = await loginProof(scheme, { url: tokenEndpoint, nonce })
    const body = new URLSearchParams({
      grant_type: 'authorization_code', client_id: 'latchkey-demo', redirect_uri: servers.page + '/callback',
      code: new URLSearchParams(location.search).get('code'), code_verifier: sessionStorage.verifier, resource: servers.resource,
    })
    return fetch(tokenEndpoint, { method: 'POST', body, headers: { DPoP: proof } })
  }
  const first = await ask()
  const answer = await ask(first.headers.get('dpop-nonce'))
  const tokens = await answer.json()
  await client.session.signIn(tokens)
  return { asked: (await first.json()).error, type: tokens.token_type, status: client.session.status }`

/** Fills in the form that is shown, and waits for what comes after it. */
const submit = async (page: Page, fill: string): Promise<void> => {
  const before = await page.run<string>('return location.href')
  // WebKit may have left the page before it is asked how that went.
  await page.run(`${fill}; setTimeout(() => document.querySelector('form').requestSubmit())`).catch(() => {})
  await expect
    .poll(() => page.run<string>('return document.readyState === "complete" ? location.href : ""').catch(() => ''), {
      timeout: 10_000,
    })
    .not.toMatch(new RegExp(`^$|^${before.replace(/[.?]/g, '\\$&')}$`))
}

/** Through the real form, by code and PKCE, proved by the key of the coming session. */
export const logIn = async (page: Page, servers: BoundTokens) => {
  await page.goto(await page.run<string>(leave, servers))
  await submit(
    page,
    `document.querySelector('#login').value = 'alice'; document.querySelector('#password').value = 'pw'`,
  )
  await submit(page, '')
  return page.run<{ asked: string; type: string; status: string }>(arrive, servers)
}
