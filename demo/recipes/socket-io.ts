// Socket.IO: `auth` as a function is asked for each connection, reconnections too.
import type { Client } from 'latchkey'
import { io, type Socket } from 'socket.io-client'

export const connectSocketIo = (api: Pick<Client, 'session'>, url: string): Socket => {
  const socket = io(url, {
    auth: callback => {
      api.session.getAccessToken({ minValidityMs: 30_000 }).then(
        token => callback({ token }),
        () => socket.disconnect(), // no user is signed in: no reconnection
      )
    },
  })
  // A socket that the server refused (`connect_error`) is not reconnected by itself: once more with a newer token.
  const stop = api.session.on('refreshed', () => socket.connected || socket.connect())
  api.session.on('ended', () => {
    stop()
    socket.disconnect()
  })
  return socket
}
