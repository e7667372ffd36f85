// Tokens in the phone's key store (Keychain, Android Keystore), for a page in Capacitor's webview.
import { type Client, createClient, type KeyValueStorage } from 'latchkey'

/** What the plugins for secure storage have in common; give it the one that you use. */
export interface SecureStorage {
  get(query: { readonly key: string }): Promise<{ readonly value: string | null }>
  set(entry: { readonly key: string; readonly value: string }): Promise<unknown>
}

/** Several of these plugins reject where nothing is stored yet; that means "signed out", and is no failure. */
export function secureStore(storage: SecureStorage, isMissing: (error: unknown) => boolean): KeyValueStorage {
  return {
    async getItem(key) {
      try {
        return (await storage.get({ key })).value
      } catch (error) {
        if (isMissing(error)) return null
        throw error
      }
    },
    setItem: (key, value) => storage.set({ key, value }),
  }
}

/** `openLogin` opens the system browser (RFC 8252 §8.12), never this webview. */
export function createMobileClient(
  storage: SecureStorage,
  isMissing: (error: unknown) => boolean,
  openLogin: () => void,
): Client {
  return createClient({
    // Absolute: a page at `capacitor://localhost` has no origin that relative URLs could mean.
    baseUrl: 'https://api.example.com/',
    store: secureStore(storage, isMissing),
    refresh: ({ refreshToken, post }) => post('auth/refresh', { refreshToken }),
    // In a tunnel, requests that need a newer token wait for it. Others fail as any `fetch` does.
    whenOffline: 'wait',
    onLoginRequired: openLogin,
  })
}
