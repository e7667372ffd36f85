import { expect, test } from 'vitest'
import type { SessionEvents } from '../../../src/session/events.ts'
import { createDpopClient } from '../../support/dpop-client.ts'
import { show } from '../../support/leaks.ts'

/** How every proof begins: `{"typ":"dpop+jwt"`. */
const beginning = Buffer.from('{"typ":"dpop+jwt"').toString('base64url').slice(0, -1)

const thrownBy = (promise: PromiseLike<unknown>) =>
  Promise.resolve(promise).then(
    () => null,
    (error: unknown) => error,
  )

test('No proof, no key and no token shows in an error, an event or the client (HY-01, DP-12)', async () => {
  const { server, client, scheme } = await createDpopClient({ apiNonces: true, tokenNonces: true })
  const seen: unknown[] = [client, client.session.getSnapshot(), scheme]
  const types: readonly (keyof SessionEvents)[] = ['request', 'refreshed', 'refresh-failed', 'ended', 'signed-in']
  for (const type of types) client.session.on(type, event => void seen.push(event))
  server.answerWith('/broken', () => ({ status: 500, body: 'no' }))
  server.answerWith('/refused', () => ({ status: 401, headers: { 'www-authenticate': 'DPoP error="use_dpop_nonce"' } }))
  for (const path of ['broken', 'refused', 'fine']) seen.push(await thrownBy(client.get(path)))
  server.answerWith('/token', () => ({ status: 503, body: 'later' }))
  seen.push(await thrownBy(client.session.refresh()))
  await client.session.signOut()
  seen.push(await thrownBy(client.session.getAccessToken()))

  const proofs = server.sends.map(({ request }) => String(request.headers['dpop']))
  const tokens = server.to('api').map(({ request }) => String(request.headers.authorization).slice('DPoP '.length))
  const shown = seen.map(show).join('\n')
  expect(proofs.every(proof => proof.startsWith(beginning))).toBe(true)
  expect(shown).toContain('refresh-unavailable')
  for (const secret of [beginning, 'CryptoKey', ...tokens]) expect(shown).not.toContain(secret)
})
