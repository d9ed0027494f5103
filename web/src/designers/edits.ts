/** Everything that can be done to a drawing. Pure: a document in, a new document out; what did not change stays the same object. */

import type { Doc, Layout, NodeSource, Source, Spot, Verb } from './types'

const ID = /^[a-z][a-z0-9_]*$/
const LONGEST_ID = 60

export function idProblem(source: Source, id: string, before = ''): 'empty' | 'letters' | 'taken' | 'again' | '' {
  if (id === '') return 'empty'
  if (!ID.test(id) || id.length > LONGEST_ID) return 'letters'
  if (id === 'again') return 'again'
  return id !== before && id in source.node ? 'taken' : ''
}

export function freeId(source: Source, wanted: string, taken: ReadonlySet<string> = new Set()): string {
  const base = wanted.replace(/_\d+$/, '')
  const is = (id: string): boolean => id in source.node || taken.has(id) || id === 'again'
  if (!is(wanted)) return wanted
  for (let n = 2; ; n++) if (!is(`${base}_${n}`)) return `${base}_${n}`
}

function withNodes(doc: Doc, node: Record<string, NodeSource>, layout: Layout = doc.layout): Doc {
  return { source: { ...doc.source, node }, layout }
}

/** A new node of a verb with its defaults; the first one is the start. */
export function addNode(doc: Doc, verb: Verb, at: Spot): { doc: Doc; id: string } {
  const id = freeId(doc.source, verb.verb)
  const made: NodeSource = { verb: verb.verb }
  for (const field of verb.fields) if (field.required && field.default !== undefined && field.default !== null) made[field.name] = field.default
  if (verb.verb !== 'goto' && verb.verb !== 'return' && verb.verb !== 'hang_up') made.on = {}
  const next = withNodes(doc, { ...doc.source.node, [id]: made }, { ...doc.layout, [id]: at })
  return { id, doc: next.source.start === '' ? { ...next, source: { ...next.source, start: id } } : next }
}

export function setField(doc: Doc, id: string, key: string, value: unknown): Doc {
  const before = doc.source.node[id]
  if (before === undefined) return doc
  const { [key]: _old, ...rest } = before
  const empty = value === undefined || value === '' || (Array.isArray(value) && value.length === 0)
  return withNodes(doc, { ...doc.source.node, [id]: empty ? (rest as NodeSource) : { ...before, [key]: value } })
}

/** `to` empty: the exit stays unwired; an exit that only exists by its wire is gone then. */
export function wire(doc: Doc, id: string, exit: string, to: string): Doc {
  const before = doc.source.node[id]
  if (before === undefined) return doc
  if (before.verb === 'goto') return setField(doc, id, 'to', to)
  const { [exit]: _old, ...rest } = before.on ?? {}
  return withNodes(doc, { ...doc.source.node, [id]: { ...before, on: to === '' ? rest : { ...before.on, [exit]: to } } })
}

/** A key gets another number; where it leads and its spoken words go with it. */
export function moveExit(doc: Doc, id: string, from: string, to: string): Doc {
  const before = doc.source.node[id]
  if (before === undefined || from === to || before.on?.[to] !== undefined) return doc
  const voice = before.voice as Record<string, string[]> | undefined
  const moved = renamed(before.on ?? {}, from, to)
  return withNodes(doc, { ...doc.source.node, [id]: { ...before, on: moved, ...(voice && from in voice ? { voice: renamed(voice, from, to) } : {}) } })
}

function renamed<T>(entries: Record<string, T>, from: string, to: string): Record<string, T> {
  return Object.fromEntries(Object.entries(entries).map(([key, value]) => [key === from ? to : key, value]))
}

/** Removes nodes with every wire that led to them. */
export function removeNodes(doc: Doc, ids: readonly string[]): Doc {
  const gone = new Set(ids)
  const node: Record<string, NodeSource> = {}
  for (const [id, one] of Object.entries(doc.source.node)) if (!gone.has(id)) node[id] = unwired(one, gone)
  const layout = Object.fromEntries(Object.entries(doc.layout).filter(([id]) => !gone.has(id)))
  const { queue_return, ...source } = doc.source
  const back = queue_return === undefined || gone.has(queue_return) ? {} : { queue_return }
  return { source: { ...source, ...back, start: gone.has(source.start) ? '' : source.start, node }, layout }
}

function unwired(node: NodeSource, gone: ReadonlySet<string>): NodeSource {
  if (node.verb === 'goto' && gone.has(String(node.to))) {
    const { to: _to, ...rest } = node
    return rest as NodeSource
  }
  if (!Object.values(node.on ?? {}).some((to) => gone.has(to))) return node
  return { ...node, on: Object.fromEntries(Object.entries(node.on ?? {}).filter(([, to]) => !gone.has(to))) }
}

export function renameNode(doc: Doc, from: string, to: string): Doc {
  const node: Record<string, NodeSource> = {}
  for (const [id, one] of Object.entries(doc.source.node)) node[id === from ? to : id] = rewired(one, from, to)
  const source: Source = { ...doc.source, node, start: doc.source.start === from ? to : doc.source.start }
  if (source.queue_return === from) source.queue_return = to
  return { source, layout: renamed(doc.layout, from, to) }
}

function rewired(node: NodeSource, from: string, to: string): NodeSource {
  if (node.verb === 'goto' && node.to === from) return { ...node, to }
  if (!Object.values(node.on ?? {}).includes(from)) return node
  return { ...node, on: Object.fromEntries(Object.entries(node.on ?? {}).map(([exit, target]) => [exit, target === from ? to : target])) }
}

export function moveNodes(doc: Doc, spots: Layout): Doc {
  const moved = Object.entries(spots).map(([id, spot]) => [id, { ...doc.layout[id], x: spot.x, y: spot.y }] as const)
  return { ...doc, layout: { ...doc.layout, ...Object.fromEntries(moved) } }
}

export function setTitle(doc: Doc, id: string, title: string): Doc {
  const { title: _old, ...spot } = doc.layout[id] ?? { x: 0, y: 0 }
  return { ...doc, layout: { ...doc.layout, [id]: title === '' ? spot : { ...spot, title } } }
}

export function setStart(doc: Doc, id: string): Doc {
  return { ...doc, source: { ...doc.source, start: id } }
}

export function setQueueReturn(doc: Doc, id: string): Doc {
  const { queue_return: _old, ...rest } = doc.source
  return { ...doc, source: id === '' ? rest : { ...rest, queue_return: id } }
}

/** What the clipboard holds: nodes with the wires among them. */
export interface Piece {
  node: Record<string, NodeSource>
  layout: Layout
}

export function copied(doc: Doc, ids: readonly string[]): Piece {
  const chosen = ids.filter((id) => id in doc.source.node)
  return {
    node: Object.fromEntries(chosen.map((id) => [id, doc.source.node[id] as NodeSource])),
    layout: Object.fromEntries(chosen.map((id) => [id, doc.layout[id] ?? { x: 0, y: 0 }])),
  }
}

/** Nodes under free names; wires to nodes that neither the piece nor the flow has are left out. */
export function pasted(doc: Doc, piece: Piece, by: Spot): { doc: Doc; ids: string[] } {
  const names = new Map<string, string>()
  for (const id of Object.keys(piece.node)) names.set(id, freeId(doc.source, id, new Set(names.values())))
  const known = (to: string): string => names.get(to) ?? (to === 'again' || to in doc.source.node ? to : '')
  const node = { ...doc.source.node }
  const layout = { ...doc.layout }
  for (const [id, one] of Object.entries(piece.node)) {
    const name = names.get(id) as string
    const on = Object.fromEntries(Object.entries(one.on ?? {}).map(([exit, to]) => [exit, known(to)] as const).filter(([, to]) => to !== ''))
    node[name] = { ...structuredClone(one), ...(one.on ? { on } : {}), ...(one.verb === 'goto' ? { to: known(String(one.to)) } : {}) }
    layout[name] = { ...piece.layout[id], x: (piece.layout[id]?.x ?? 0) + by.x, y: (piece.layout[id]?.y ?? 0) + by.y }
  }
  return { doc: withNodes(doc, node, layout), ids: [...names.values()] }
}
