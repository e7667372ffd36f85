import type { Plugin } from 'vite'
import { createEcho, startEchoServer } from '../fuzz/echo-server.ts'

/** Where a page finds what has come to the echo servers, and the origin of the other one. */
export const takePath = '/take-arrivals'

/** For vitest's own server, from which the pages of the engine tests come: an echo of their origin, and one of another origin. */
export const fuzzServer = (): Plugin => ({
  name: 'fuzz-server',
  async configureServer({ middlewares, httpServer }) {
    const other = await startEchoServer()
    httpServer?.once('close', other.close)
    const echo = createEcho(other.origin)
    middlewares.use((request, response, next) => {
      if (request.url === takePath) {
        const arrivals = [...echo.take(), ...other.take()]
        response.setHeader('content-type', 'application/json')
        return void response.end(JSON.stringify({ arrivals, elsewhere: other.origin }))
      }
      if (!echo.has(request)) return next()
      echo.respond(request, response).catch(() => response.destroy())
    })
  },
})
