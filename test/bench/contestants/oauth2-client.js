import { OAuth2Client, OAuth2Fetch } from '@badgateway/oauth2-client'

export const name = '@badgateway/oauth2-client'

export const create = ({ tokens, url, tokenUrl, knowsExpiry }) => {
  const expiresAt = knowsExpiry ? Date.now() + tokens.expiresInSeconds * 1000 : null
  const wrapper = new OAuth2Fetch({
    client: new OAuth2Client({ clientId: 'bench', tokenEndpoint: tokenUrl }),
    getNewToken: () => null,
    getStoredToken: () => ({ accessToken: tokens.accessToken, refreshToken: tokens.refreshToken, expiresAt }),
    scheduleRefresh: false,
  })
  const read = async response => (await response).json()
  return {
    empty: () => wrapper.fetch(url),
    get: () => read(wrapper.fetch(url)),
    post: json =>
      read(
        wrapper.fetch(url, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(json),
        }),
      ),
    request: () => read(wrapper.fetch(new Request(url))),
  }
}
