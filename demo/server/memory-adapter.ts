import type { Adapter, StoredPayload } from 'oidc-provider'

interface Entry {
  readonly payload: StoredPayload
  readonly expiresAt: number
}

/**
 * Keeps everything the authorization server knows in one map, until the demo stops.
 * Used refresh tokens are kept for their whole life: that is how their reuse is noticed. For `graceSeconds` after its first
 * use, one counts as unused: the response with the next one may have been lost.
 */
export function createMemoryAdapter(graceSeconds = 0): (model: string) => Adapter {
  const entries = new Map<string, Entry>()

  const sweep = () => {
    const now = Date.now()
    for (const [key, { expiresAt }] of entries) if (expiresAt <= now) entries.delete(key)
  }

  return model => {
    const keyOf = (id: string) => `${model}:${id}`
    const find = async (id: string) => entries.get(keyOf(id))?.payload
    const findWhere = async (matches: (payload: StoredPayload) => boolean) => {
      for (const [key, { payload }] of entries) if (key.startsWith(`${model}:`) && matches(payload)) return payload
      return undefined
    }

    const isWithinGrace = ({ consumed = 0 }: StoredPayload) =>
      model === 'RefreshToken' && Date.now() / 1000 - consumed < graceSeconds

    return {
      find: async id => {
        const payload = await find(id)
        if (!payload?.consumed || !isWithinGrace(payload)) return payload
        const { consumed: _, ...unused } = payload
        return unused
      },
      findByUid: uid => findWhere(payload => payload.uid === uid),
      findByUserCode: async () => undefined,
      async upsert(id, payload, expiresInSeconds) {
        sweep()
        const expiresAt =
          expiresInSeconds === undefined ? Number.POSITIVE_INFINITY : Date.now() + expiresInSeconds * 1000
        entries.set(keyOf(id), { payload, expiresAt })
      },
      async consume(id) {
        const payload = await find(id)
        // The first use counts, so that the window ends.
        if (payload) payload.consumed ??= Date.now() / 1000
      },
      async destroy(id) {
        entries.delete(keyOf(id))
      },
      async revokeByGrantId(grantId) {
        for (const [key, { payload }] of entries) {
          if (key.startsWith(`${model}:`) && payload.grantId === grantId) entries.delete(key)
        }
      },
    }
  }
}
