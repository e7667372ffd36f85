import type { Route } from './activity.ts'
import type { InspectedExplanation } from './explanation.ts'
import { make } from './make.ts'

/** Puts the explanation below its row; without one, what the events alone tell. */
export function drawExplanation(place: HTMLElement, { explanation, note: known, outcomes }: Route): void {
  const hasFailed = [...outcomes.keys()].some(outcome => !/^[23]/.test(outcome))
  const note = explanation?.causes[0]?.title ?? (hasFailed ? known : null) ?? ''
  if (place.getAttribute('data-shown') === note) return
  place.setAttribute('data-shown', note)
  place.replaceChildren(...(explanation ? [drawCauses(explanation)] : note ? [make('p', 'note', [note])] : []))
}

function drawCauses({ status, causes: [likeliest, ...others] }: InspectedExplanation): Node {
  if (!likeliest) return make('p')
  const { title, certainty, evidence, page, server, see } = likeliest
  const rows: readonly (readonly [string, string | null])[] = [
    ['In the page', page],
    ['On the server', server],
    ['Or', others.map(cause => cause.title).join(' ') || null],
    ['See', see],
  ]
  return make('details', 'explanation', [
    make('summary', '', [make('b', '', [String(status ?? 'no answer')]), ` ${title} `, make('i', '', [certainty])]),
    make(
      'ul',
      '',
      evidence.map(each => make('li', '', [each])),
    ),
    make(
      'dl',
      '',
      rows.flatMap(([name, text]) => (text ? [make('dt', '', [name]), make('dd', '', [text])] : [])),
    ),
  ])
}
