import type { ServerCounters } from '../server/controls.ts'
import { part } from './configuration.ts'

/** Whether the authorization server works, as far as this page knows. */
export let isBroken = false

/** Pulls a lever on the demo's servers and shows what they have counted. */
export async function pull(lever: string): Promise<ServerCounters> {
  const response = await fetch(`/control/${lever}`, { method: 'POST' })
  const counters = (await response.json()) as ServerCounters
  const { exchanges, fault, faultedExchanges, reusedRefreshTokens } = counters
  isBroken = fault !== 'none'
  const faulted = faultedExchanges > 0 ? `, answered ${faultedExchanges} of them with a fault` : ''
  part('servers').textContent =
    `The authorization server saw ${plural(exchanges, 'refresh', 'refreshes')} for all tabs${faulted}, ` +
    `and was sent a used refresh token ${reusedRefreshTokens === 0 ? 'never' : plural(reusedRefreshTokens, 'time')}.`
  return counters
}

export const plural = (count: number, noun: string, many = `${noun}s`) => `${count} ${count === 1 ? noun : many}`
