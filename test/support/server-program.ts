import { argv } from 'node:process'
import { createClient, indexedDbStore, webStorageStore } from '../../src/index.ts'

/** On a server: made at module level and used, with stores that no server has. Nothing is disposed, and the program must end. */
const [, , origin = '', accessToken = ''] = argv
for (const store of [undefined, indexedDbStore(), webStorageStore()]) {
  const client = createClient({ baseUrl: origin, store, refresh: async () => null })
  await client.session.signIn({ accessToken, expiresInSeconds: 3600 })
  const { status } = await client.get('api/x')
  console.log(client.session.status, status)
}
