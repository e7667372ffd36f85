import { parseJson } from '../platform/json.ts'
import { randomId } from '../platform/random-id.ts'
import { listen } from '../platform/wake.ts'

/** Tells that the record has changed, and must be read again. Only how often may depend on its content. It holds no secret. */
export interface Hint {
  readonly sessionId: string
  readonly generation: number
}

export interface TabChannel {
  /** Whether other tabs can receive hints. If not, the record must be read again before each send. */
  readonly isReliable: boolean
  /** Never throws. Works after `close`, too: a sign-out is often the last thing that a page does. */
  post(hint: Hint): void
  close(): void
}

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] }
/** One way to other tabs. Its `post` may throw. */
type Way = Pick<TabChannel, 'post' | 'close'>
type Receive = (message: unknown) => void

const messageOf = ({ sessionId, generation }: Hint) => ({ latchkey: 1, sessionId, generation })

/** BroadcastChannel also reaches other channels in this page; the storage event reaches only other tabs. */
const overBroadcast = (name: string, receive: Receive): Way => {
  const open = () => {
    const channel = new BroadcastChannel(`latchkey:${name}`)
    channel.onmessage = ({ data }) => receive(data)
    // An open channel keeps a Node process running.
    ;(channel as { unref?: () => void }).unref?.()
    return channel
  }
  let channel: BroadcastChannel | undefined = open()
  // An open channel may keep the page out of the back-forward cache, or pile up messages for it (html issue 7253).
  const hide = () => {
    channel?.close()
    channel = undefined
  }
  const show = () => {
    channel ??= open()
  }
  const stops = [listen(hide, ['pagehide']), listen(show, ['pageshow'])]
  return {
    post(hint) {
      const sender = channel ?? open()
      sender.postMessage(messageOf(hint))
      if (!channel) sender.close()
    },
    close() {
      for (const stop of stops) stop()
      hide()
    },
  }
}

const overStorage = (name: string, receive: Receive): Way => {
  const key = `latchkey:ping:${name}`
  const write = (value: string) => localStorage.setItem(key, value)
  // Throws if storage is forbidden or full. Other tabs ignore an empty ping.
  write('')
  const listener = ({ key: changed, newValue }: StorageEvent) => {
    if (changed === key) receive(parseJson(newValue))
  }
  // Throws where there are no events.
  addEventListener('storage', listener)
  return {
    // The nonce: storing an equal value emits no event.
    post: hint => write(JSON.stringify({ ...messageOf(hint), nonce: randomId() })),
    close: () => removeEventListener('storage', listener),
  }
}

/** Hints between the tabs of one origin: by BroadcastChannel, else by a `storage` ping, else not at all. */
export function createTabChannel(name: string, heard: (hint: Hint) => void): TabChannel {
  // Check everything: the sender may be other code of the origin, or another version of this library.
  const receive: Receive = message => {
    const { latchkey, sessionId, generation } = (message ?? {}) as Record<string, unknown>
    if (latchkey === 1 && typeof sessionId === 'string' && typeof generation === 'number')
      heard({ sessionId, generation })
  }
  for (const make of [overBroadcast, overStorage]) {
    try {
      const { post, close } = make(name, receive)
      const channel: Mutable<TabChannel> = {
        isReliable: true,
        post(hint) {
          try {
            post(hint)
          } catch {
            // The storage is full: so a polyfill of BroadcastChannel throws, too.
            channel.isReliable = false
          }
        },
        close,
      }
      return channel
    } catch {}
  }
  return { isReliable: false, post() {}, close() {} }
}
