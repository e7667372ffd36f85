/** `fetch` with the cookies of one origin, as a browser would keep them: those of requests that include credentials. */
export const createCookieJar = () => {
  const cookies = new Map<string, string>()
  const jarFetch: typeof fetch = async (input, init) => {
    const request = new Request(input, init)
    // Node's fetch has no page: what a browser calls same-origin is everything here.
    const takesPart = request.credentials !== 'omit'
    if (takesPart && cookies.size > 0) {
      request.headers.set('cookie', [...cookies].map(([name, value]) => `${name}=${value}`).join('; '))
    }
    const response = await fetch(request)
    for (const line of takesPart ? response.headers.getSetCookie() : []) {
      const [pair = '', ...attributes] = line.split(';')
      const [name = '', value = ''] = pair.split('=')
      if (attributes.some(attribute => attribute.trim() === 'Max-Age=0')) cookies.delete(name)
      else cookies.set(name, value)
    }
    return response
  }
  return { fetch: jarFetch, cookies: cookies as ReadonlyMap<string, string> }
}
