// WebSocket: browsers cannot send headers with it, so the token is the first message.
import type { Client } from 'latchkey'

/** The server must read `{ token }` before anything else, and again whenever it comes. Undo: `close()`. */
export const openSocket = (api: Pick<Client, 'session'>, url: string): WebSocket => {
  const socket = new WebSocket(url)
  const sendToken = async () => {
    try {
      // A minute is enough for a server that looks at the token from time to time.
      const token = await api.session.getAccessToken({ minValidityMs: 60_000 })
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ token }))
    } catch {
      socket.close(4401, 'not signed in')
    }
  }
  const stops = [
    api.session.on('refreshed', sendToken),
    api.session.on('ended', () => socket.close(4401, 'the session ended')),
  ]
  socket.addEventListener('open', sendToken)
  socket.addEventListener('close', () => {
    for (const stop of stops) stop()
  })
  return socket
}
