/** Makes an element. Its texts become text nodes, so that nothing that a server sent becomes markup. */
export function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  className = '',
  children: readonly (Node | string)[] = [],
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name)
  if (className) element.className = className
  element.append(...children)
  return element
}

const namespace = 'http://www.w3.org/2000/svg'

export function makeSvg(name: string, className: string): SVGElement {
  const element = document.createElementNS(namespace, name)
  element.setAttribute('class', className)
  return element
}

/** Writes only what differs: an unchanged text is not laid out again. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text
}

/** Through the CSSOM: a `style` attribute would be rejected under `style-src 'self'`. */
export function setVariable({ style }: HTMLElement, name: string, value: string): void {
  if (style.getPropertyValue(name) !== value) style.setProperty(name, value)
}

/** Makes `parent` have as many children as there are entries, and updates each by its place. */
export function updateChildren<Entry, Child extends Element>(
  parent: Element,
  entries: readonly Entry[],
  view: { readonly create: (entry: Entry) => Child; readonly update: (child: Child, entry: Entry) => void },
): void {
  while (parent.children.length > entries.length) parent.lastElementChild?.remove()
  entries.forEach((entry, index) => {
    const known = parent.children[index] as Child | undefined
    const child = known ?? view.create(entry)
    if (!known) parent.append(child)
    view.update(child, entry)
  })
}

/** `50 rejected · 1 refresh`: counts of zero are left out. */
export const joinCounts = (counts: readonly (readonly [count: number, text: string])[]): string =>
  counts
    .filter(([count]) => count > 0)
    .map(([count, text]) => `${count.toLocaleString()} ${text}`)
    .join(' · ')
