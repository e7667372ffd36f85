import type { CDPSession } from 'playwright'

/** As V8 writes it: numbers in rows, and texts by their place. */
interface Snapshot {
  readonly snapshot: {
    readonly meta: {
      readonly node_fields: readonly string[]
      readonly node_types: readonly [readonly string[], ...unknown[]]
      readonly edge_fields: readonly string[]
      readonly edge_types: readonly [readonly string[], ...unknown[]]
    }
  }
  readonly nodes: readonly number[]
  readonly edges: readonly number[]
  readonly strings: readonly string[]
}

export interface HeapNode {
  readonly type: string
  /** Of a string, the string itself; of an object, its class. */
  readonly name: string
}

export interface HeapEdge {
  /** `property` and `element` are what scripts can read; `context`, `internal`, `hidden` and `weak` they cannot. */
  readonly type: string
  readonly name: string
  /** The place of the node that it leads to. */
  readonly to: number
}

/** All that is alive in a page. The first node is the root of everything. */
export interface Heap {
  readonly size: number
  node(place: number): HeapNode
  edgesFrom(place: number): readonly HeapEdge[]
}

function readHeap({ snapshot: { meta }, nodes, edges, strings }: Snapshot): Heap {
  const nodeWidth = meta.node_fields.length
  const edgeWidth = meta.edge_fields.length
  const [nodeTypes, edgeTypes] = [meta.node_types[0], meta.edge_types[0]]
  const [nodeType, nodeName, edgeCount] = ['type', 'name', 'edge_count'].map(field => meta.node_fields.indexOf(field))
  const size = nodes.length / nodeWidth
  const fieldOf = (place: number, field = 0) => nodes[place * nodeWidth + field] ?? 0
  const firstEdges = new Uint32Array(size + 1)
  for (let place = 0; place < size; place += 1)
    firstEdges[place + 1] = (firstEdges[place] ?? 0) + fieldOf(place, edgeCount)
  const readEdge = (edge: number): HeapEdge => {
    const [type = 0, name = 0, to = 0] = edges.slice(edge * edgeWidth, (edge + 1) * edgeWidth)
    const typeName = edgeTypes[type] ?? ''
    const isNumbered = typeName === 'element' || typeName === 'hidden'
    return { type: typeName, name: isNumbered ? `${name}` : (strings[name] ?? ''), to: to / nodeWidth }
  }
  return {
    size,
    node: place => ({
      type: nodeTypes[fieldOf(place, nodeType)] ?? '',
      name: strings[fieldOf(place, nodeName)] ?? '',
    }),
    edgesFrom(place) {
      const [first = 0, end = 0] = firstEdges.slice(place, place + 2)
      return Array.from({ length: end - first }, (_, index) => readEdge(first + index))
    },
  }
}

/** Strings are shown up to this length; by default, V8 cuts them at 1,024. For the `args` of a launch. */
export const wholeStrings = '--js-flags=--heap-snapshot-string-limit=1000000'

/** Collects garbage first. */
export async function takeHeap(protocol: CDPSession): Promise<Heap> {
  const chunks: string[] = []
  const keep = ({ chunk }: { readonly chunk: string }) => void chunks.push(chunk)
  await protocol.send('HeapProfiler.enable')
  protocol.on('HeapProfiler.addHeapSnapshotChunk', keep)
  for (let turn = 0; turn < 3; turn += 1) await protocol.send('HeapProfiler.collectGarbage')
  await protocol.send('HeapProfiler.takeHeapSnapshot', { reportProgress: false })
  protocol.off('HeapProfiler.addHeapSnapshotChunk', keep)
  return readHeap(JSON.parse(chunks.join('')) as Snapshot)
}

export interface Walk {
  readonly from: number
  readonly follows: (edge: HeapEdge, from: HeapNode, to: HeapNode) => boolean
}

/** The shortest way to each node that is wanted: `session.#state → (concatenated string).first`, and the node. */
export function findPaths(heap: Heap, { from, follows }: Walk, isWanted: (node: HeapNode) => boolean): string[] {
  const cameFrom = new Map<number, { readonly before: number; readonly name: string } | null>([[from, null]])
  const found: string[] = []
  const pathTo = (place: number): string => {
    const step = cameFrom.get(place)
    return step ? `${pathTo(step.before)} → ${step.name}` : heap.node(place).name
  }
  const queue = [from]
  // It grows meanwhile.
  for (const place of queue) {
    const node = heap.node(place)
    if (isWanted(node)) found.push(`${pathTo(place)}: ${node.name}`)
    for (const edge of heap.edgesFrom(place)) {
      if (cameFrom.has(edge.to) || !follows(edge, node, heap.node(edge.to))) continue
      cameFrom.set(edge.to, { before: place, name: edge.name })
      queue.push(edge.to)
    }
  }
  return found
}

/** What is alive, whatever it hangs on. */
export const anyWay: Walk = { from: 0, follows: ({ type }) => type !== 'weak' }

/** A string that was put together or cut out is read as a whole, wherever its parts are. */
const textParts: readonly string[] = ['first', 'second', 'parent']

/**
 * What a script, a logger or an error monitor can read of an object, and of what it leads to: properties, elements, prototypes,
 * what a Map, a Set or a settled promise holds; not what functions enclose.
 */
export const publicWay = (from: number): Walk => ({
  from,
  follows: (edge, { type, name }, to) => {
    if (edge.type === 'property') return true
    // Of a platform object these are what the browser itself keeps with it.
    if (edge.type === 'element') return type !== 'native'
    if (edge.type !== 'internal') return false
    if (type.endsWith(' string')) return textParts.includes(edge.name)
    if (name === 'Map' || name === 'Set') return edge.name === 'table'
    if (name === 'Promise') return edge.name === 'reactions_or_result' && !to.name.includes('PromiseReaction')
    // Reached as the table of a Map or a Set only.
    return type === 'array'
  },
})

/** The place of what a global variable holds. */
export function globalOf(heap: Heap, variable: string): number {
  for (let place = 0; place < heap.size; place += 1) {
    const edge = heap.edgesFrom(place).find(({ type, name }) => type === 'property' && name === variable)
    if (edge) return edge.to
  }
  throw new Error(`No object has a ${variable}`)
}
