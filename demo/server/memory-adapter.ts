import type { Adapter, StoredPayload } from 'oidc-provider'

interface Entry {
  readonly payload: StoredPayload
  readonly expiresAt: number
}

/**
 * Keeps everything the authorization server knows in one map, until the demo stops.
 * Used refresh tokens are kept for their whole life: that is how their reuse is noticed.
 */
export function createMemoryAdapter(): (model: string) => Adapter {
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

    return {
      find,
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
        if (payload) payload.consumed = Math.floor(Date.now() / 1000)
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
