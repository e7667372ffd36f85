import { readFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { errors, type InteractionDetails, type Provider } from 'oidc-provider'
import { readBody } from './listener.ts'
import { consentPage, loginPage, problemPage } from './sign-in-pages.ts'

const styleFiles = ['base.css', 'sign-in.css']

/** The login form and the consent page. Answers `undefined` for what is not theirs. */
export function createInteractions(provider: Provider, pageOrigin: string) {
  const show = async (request: IncomingMessage, response: ServerResponse, action: string) => {
    const details = await provider.interactionDetails(request, response)
    const isPost = request.method === 'POST'
    if (action === 'cancel' && isPost) {
      const result = { error: 'access_denied', error_description: 'Sign-in was cancelled' }
      return provider.interactionFinished(request, response, result)
    }
    if (details.prompt.name === 'login') {
      return isPost ? logIn(provider, request, response, details) : sendPage(response, loginPage(details), pageOrigin)
    }
    if (isPost) return allow(provider, request, response, details)
    return sendPage(response, consentPage(details), pageOrigin)
  }

  return (request: IncomingMessage, response: ServerResponse): Promise<void> | undefined => {
    if (request.url === '/style.css') return sendStyle(response)
    const action = /^\/interaction\/[\w-]+(?:\/(cancel))?$/.exec(request.url ?? '')
    if (!action) return undefined
    return show(request, response, action[1] ?? '').catch((error: unknown) => {
      if (!(error instanceof errors.SessionNotFound)) throw error
      sendPage(
        response,
        problemPage('This sign-in was begun too long ago, or in another browser.', pageOrigin),
        pageOrigin,
      )
    })
  }
}

async function logIn(
  provider: Provider,
  request: IncomingMessage,
  response: ServerResponse,
  details: InteractionDetails,
): Promise<void> {
  const form = new URLSearchParams((await readBody(request, 10_000)).toString())
  const accountId = form.get('login')?.trim().slice(0, 40)
  if (!accountId) {
    response.writeHead(303, { Location: `/interaction/${details.uid}` }).end()
    return
  }
  // Whoever was sent here for a stronger sign-in has just shown it.
  const acr = details.params.acr_values
  const login = { accountId, ...(acr !== undefined && { acr }) }
  await provider.interactionFinished(request, response, { login }, { mergeWithLastSubmission: false })
}

async function allow(
  provider: Provider,
  request: IncomingMessage,
  response: ServerResponse,
  { grantId, params, prompt, session }: InteractionDetails,
): Promise<void> {
  const grant =
    (grantId ? await provider.Grant.find(grantId) : undefined) ??
    new provider.Grant({ accountId: session?.accountId ?? '', clientId: params.client_id ?? '' })
  const { missingOIDCScope, missingOIDCClaims, missingResourceScopes } = prompt.details
  if (missingOIDCScope) grant.addOIDCScope(missingOIDCScope.join(' '))
  if (missingOIDCClaims) grant.addOIDCClaims(missingOIDCClaims)
  for (const [resource, scopes] of Object.entries(missingResourceScopes ?? {})) {
    grant.addResourceScope(resource, scopes.join(' '))
  }
  await provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } })
}

async function sendStyle(response: ServerResponse): Promise<void> {
  const texts = await Promise.all(styleFiles.map(name => readFile(new URL(`../page/${name}`, import.meta.url), 'utf8')))
  response.writeHead(200, { 'Content-Type': 'text/css; charset=utf-8' }).end(texts.join('\n'))
}

function sendPage(response: ServerResponse, html: string, pageOrigin: string): void {
  response.writeHead(200, {
    'Content-Type': 'text/html; charset=utf-8',
    'Cache-Control': 'no-store',
    // The form's answer is a redirect that ends at the page, and browsers hold `form-action` against all of it.
    'Content-Security-Policy': `default-src 'none'; style-src 'self'; img-src data:; form-action 'self' ${pageOrigin}; base-uri 'none'; frame-ancestors 'none'`,
  })
  response.end(html)
}
