/** Where nodes stand when nobody placed them: left to right along the ways of a caller, by dagre. Pure. */

import { Graph, layout as arrangeGraph } from '@dagrejs/dagre'

import { exitsOf, isKey, wiresOf, type Wire } from './exits'
import type { Doc, Layout, Source, Vocabulary } from './types'

export const NODE_WIDTH = 216
const HEAD = 62
const ROW = 22
const SIDEWAYS = new Set(['failed', 'no_input', 'invalid', 'back', 'unavailable', 'emergency', 'agent_lost', 'timeout', 'full', 'no_agent'])

export function heightOf(words: Vocabulary, source: Source, id: string): number {
  const node = source.node[id]
  return node === undefined ? HEAD : HEAD + ROW * Math.max(1, exitsOf(words, node).length)
}

/** How many answers lie between the start and each node; nodes that no way leads to are beginnings of their own. */
function depths(source: Source, wires: readonly Wire[]): Map<string, number> {
  const depth = new Map<string, number>()
  for (const first of [source.start, ...Object.keys(source.node)]) {
    if (!(first in source.node) || depth.has(first)) continue
    depth.set(first, 0)
    for (const queue = [first]; queue.length > 0; ) {
      const from = queue.shift() as string
      for (const wire of wires) {
        if (wire.from !== from || depth.has(wire.to)) continue
        depth.set(wire.to, (depth.get(from) ?? 0) + 1)
        queue.push(wire.to)
      }
    }
  }
  return depth
}

/** Wires that lead on. Ways back and second ways to a node far off would pull the drawing apart. */
function onward(source: Source): Wire[] {
  const wires = wiresOf(source)
  const depth = depths(source, wires)
  return wires.filter(({ from, to }) => (depth.get(to) ?? 0) === (depth.get(from) ?? 0) + 1)
}

export function arranged(words: Vocabulary, source: Source): Layout {
  const graph = new Graph({ multigraph: true })
  graph.setGraph({ rankdir: 'LR', nodesep: 24, ranksep: 84, marginx: 20, marginy: 20, ranker: 'network-simplex' })
  graph.setDefaultEdgeLabel(() => ({}))
  for (const id of Object.keys(source.node)) graph.setNode(id, { width: NODE_WIDTH, height: heightOf(words, source, id) })
  for (const one of onward(source)) graph.setEdge(one.from, one.to, { weight: SIDEWAYS.has(one.exit) ? 1 : isKey(one.exit) ? 3 : 4 }, one.exit)
  arrangeGraph(graph)
  return Object.fromEntries(
    Object.keys(source.node).map((id) => {
      const at = graph.node(id) as { x: number; y: number; width: number; height: number }
      return [id, { x: Math.round(at.x - at.width / 2), y: Math.round(at.y - at.height / 2) }]
    }),
  )
}

/** The document with a place for every node: all are arranged when none has one, else only those without. */
export function placed(words: Vocabulary, source: Source, layout: Layout | null): Doc {
  const given = layout ?? {}
  const missing = Object.keys(source.node).filter((id) => given[id] === undefined)
  if (missing.length === 0) return { source, layout: given }
  const fresh = arranged(words, source)
  if (missing.length === Object.keys(source.node).length) return { source, layout: fresh }
  const below = Math.max(0, ...Object.values(given).map((spot) => spot.y)) + 220
  const beside = missing.map((id, n) => [id, { x: 40 + n * (NODE_WIDTH + 40), y: below }] as const)
  return { source, layout: { ...given, ...Object.fromEntries(beside) } }
}
