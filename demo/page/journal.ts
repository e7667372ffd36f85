import { part } from './configuration.ts'

export type Tone = 'plain' | 'good' | 'key' | 'bad'

const list = part<HTMLOListElement>('journal')
const longest = 60
const clock = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
})
let newest: {
  readonly key: string
  readonly times: HTMLElement
  readonly time: HTMLTimeElement
  count: number
} | null = null

/** Writes one sentence. The same `key` again only counts, so that routine is neither a flood nor read aloud each time. */
export function note(tone: Tone, text: string, key = text): void {
  const now = new Date()
  if (newest?.key === key) {
    newest.count += 1
    newest.times.textContent = `× ${newest.count}`
    newest.time.textContent = clock.format(now)
    return
  }
  const entry = document.createElement('li')
  entry.setAttribute('data-tone', tone)
  const time = document.createElement('time')
  time.textContent = clock.format(now)
  const sentence = document.createElement('span')
  sentence.textContent = text
  const times = document.createElement('span')
  times.className = 'times'
  times.ariaHidden = 'true'
  sentence.append(times)
  entry.append(time, sentence)
  list.prepend(entry)
  newest = { key, times, time, count: 1 }
  while (list.children.length > longest) list.lastElementChild?.remove()
}
