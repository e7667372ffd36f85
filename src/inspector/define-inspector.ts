import { checkClient } from '../checks/option-rules.ts'
import type { Explain } from './explain.ts'
import type { AnySession } from './follow-session.ts'
import { createPanel, type Panel } from './panel.ts'
import { styles } from './styles.ts'

/** `<latchkey-inspector>`: a picture of what a client does, for development. It draws from public events and never sees a token. */
export interface LatchkeyInspector extends HTMLElement {
  /**
   * The client that is watched, from here on. A property, not an attribute.
   * @default null
   */
  client: { readonly session: AnySession } | null
  /**
   * Explains rejected requests beside their row: `explainUnauthorized` of `latchkey/explain`.
   * @default null: rows show only what the events tell
   */
  explain: Explain | null
  /** Stops drawing, so that one can look at it; what happens meanwhile is recorded. Also the attribute `paused`. @default false */
  paused: boolean
  /** Forgets what it has drawn. */
  clear(): void
}

declare global {
  interface HTMLElementTagNameMap {
    'latchkey-inspector': LatchkeyInspector
  }
}

/** Properties that may have been set before the element was defined. */
const properties = ['client', 'explain', 'paused'] as const

/**
 * Defines `<latchkey-inspector>`; once is enough, again does nothing. Without custom elements, as on a server, it does nothing.
 * @example
 * defineInspector()
 * const inspector = document.createElement('latchkey-inspector')
 * inspector.client = api
 * document.body.append(inspector)
 * @see https://html.spec.whatwg.org/multipage/custom-elements.html
 */
export function defineInspector(): void {
  const registry = globalThis.customElements
  // Made here and not at import: on a server there is no HTMLElement to extend.
  if (registry && !registry.get('latchkey-inspector')) registry.define('latchkey-inspector', createElementClass())
}

function createElementClass() {
  return class extends HTMLElement implements LatchkeyInspector {
    static readonly observedAttributes = ['paused']
    #client: LatchkeyInspector['client'] = null
    #explain: Explain | null = null
    #panel: Panel | null = null

    get client() {
      return this.#client
    }
    set client(client) {
      if (client) checkClient(client)
      this.#client = client ?? null
      this.#restart()
    }
    get explain() {
      return this.#explain
    }
    set explain(explain) {
      this.#explain = explain ?? null
      this.#restart()
    }
    get paused() {
      return this.hasAttribute('paused')
    }
    set paused(paused) {
      this.toggleAttribute('paused', paused)
    }

    connectedCallback() {
      for (const name of properties) takeEarly(this, name)
      this.#panel ??= this.#createPanel()
      this.#panel.show(this.#client?.session ?? null, this.#explain)
      this.#panel.pause(this.paused)
    }
    disconnectedCallback() {
      this.#panel?.close()
    }
    adoptedCallback() {
      if (this.shadowRoot) addStyles(this.shadowRoot)
    }
    attributeChangedCallback() {
      if (this.isConnected) this.#panel?.pause(this.paused)
    }
    clear() {
      this.#panel?.clear()
    }

    #createPanel(): Panel {
      const root = this.attachShadow({ mode: 'open' })
      addStyles(root)
      return createPanel(root, paused => {
        this.paused = paused
      })
    }
    #restart() {
      if (!this.isConnected || !this.#panel) return
      this.disconnectedCallback()
      this.connectedCallback()
    }
  }
}

/** Anew in each document that the element is moved to (a window of its own): a sheet is of one document (CSSOM, adoptedStyleSheets). */
function addStyles(root: ShadowRoot): void {
  const { CSSStyleSheet } = root.ownerDocument.defaultView ?? globalThis
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(styles)
  root.adoptedStyleSheets = [sheet]
}

/** A property that was set before the element was defined hides the accessor, so it is deleted and set again. */
function takeEarly(element: LatchkeyInspector, name: (typeof properties)[number]): void {
  if (!Object.hasOwn(element, name)) return
  const early = element[name]
  delete (element as Partial<LatchkeyInspector>)[name]
  Object.assign(element, { [name]: early })
}
