/**
 * Where nodes stand when nobody placed them: left to right by the answers a caller gives, top to bottom in the order of the exits. Pure.
 * The first exit of a node leads to its right neighbour, so the way of most callers is read along the top.
 */

import { exitsOf, wiresOf } from './exits'
import { mainPhrase } from './phrases'
import type { Doc, Layout, Source, Spot, Vocabulary } from './types'

export const NODE_WIDTH = 216
const HEAD = 46
const TEXT = 38
const ROW = 22
const EXITS = 7
const BETWEEN_ROWS = 40
const BETWEEN_COLUMNS = 80
const GRID = 8

export function heightOf(words: Vocabulary, source: Source, id: string): number {
  const node = source.node[id]
  if (node === undefined) return HEAD
  const exits = node.verb === 'goto' ? 0 : exitsOf(words, node).length
  return HEAD + (mainPhrase(node).length > 0 ? TEXT : 0) + (exits > 0 ? EXITS + ROW * exits : 0)
}

interface Tree {
  roots: string[]
  depth: Map<string, number>
  children: Map<string, string[]>
}

/** Where the exits of a node lead, in the order they are read. */
function targets(words: Vocabulary, source: Source): Map<string, string[]> {
  const ways = new Map<string, string[]>()
  for (const [id, node] of Object.entries(source.node)) ways.set(id, exitsOf(words, node).map((exit) => exit.to))
  for (const wire of wiresOf(source)) ways.get(wire.from)?.push(wire.to)
  return ways
}

/** Each node below the first that leads there with the fewest answers; nodes that no way leads to are beginnings of their own. */
function treeOf(words: Vocabulary, source: Source): Tree {
  const ways = targets(words, source)
  const tree: Tree = { roots: [], depth: new Map(), children: new Map() }
  for (const first of [source.start, ...Object.keys(source.node)]) {
    if (!(first in source.node) || tree.depth.has(first)) continue
    tree.roots.push(first)
    tree.depth.set(first, 0)
    for (const queue = [first]; queue.length > 0; ) {
      const from = queue.shift() as string
      const found = [...new Set(ways.get(from))].filter((to) => to in source.node && !tree.depth.has(to))
      for (const to of found) tree.depth.set(to, (tree.depth.get(from) ?? 0) + 1)
      tree.children.set(from, found)
      queue.push(...found)
    }
  }
  return tree
}

export function arranged(words: Vocabulary, source: Source): Layout {
  const { roots, depth, children } = treeOf(words, source)
  const layout: Layout = {}
  const free: number[] = []
  const waiting = roots.map((id) => ({ id, from: 0 })).reverse()
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const column = depth.get(next.id) ?? 0
    const y = Math.max(next.from, free[column] ?? 0)
    layout[next.id] = spot(column, y)
    free[column] = Math.ceil((y + heightOf(words, source, next.id) + BETWEEN_ROWS) / GRID) * GRID
    for (const id of [...(children.get(next.id) ?? [])].reverse()) waiting.push({ id, from: y })
  }
  return layout
}

const spot = (column: number, y: number): Spot => ({ x: column * (NODE_WIDTH + BETWEEN_COLUMNS), y })

/** A node that has grown pushes what stands below it further down, and that what is below it in turn. */
export function withRoom(words: Vocabulary, doc: Doc, id: string): Doc {
  const layout = { ...doc.layout }
  const down = (one: string): number => layout[one]?.y ?? 0
  for (const grown of [id, ...Object.keys(layout).sort((one, other) => down(one) - down(other))]) {
    const at = layout[grown]
    if (at === undefined || (grown !== id && at === doc.layout[grown])) continue
    const end = at.y + heightOf(words, doc.source, grown)
    for (const [other, spot] of Object.entries(layout)) {
      const below = other !== grown && spot.y > at.y && spot.y < end + 2 * GRID && Math.abs(spot.x - at.x) < NODE_WIDTH
      if (below) layout[other] = { ...spot, y: Math.ceil((end + BETWEEN_ROWS) / GRID) * GRID }
    }
  }
  return { ...doc, layout }
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
