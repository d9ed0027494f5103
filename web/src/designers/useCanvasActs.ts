/** What is done on the canvas by mouse and keys: add, wire, copy, paste, remove, nudge. Decides; the page draws. The clipboard outlives the page, so nodes go from flow to flow. */

import { ref, shallowRef, type Ref } from 'vue'

import { NODE_WIDTH, arranged, heightOf } from './arrange'
import { addNode, copied, moveNodes, pasted, removeNodes, wire, type Piece } from './edits'
import { exitsOf } from './exits'
import type { Spot } from './types'
import type { Designer } from './useDesigner'

const NUDGE = 16
const NODE_HEIGHT = 130
const ARROWS: Record<string, Spot> = { ArrowLeft: { x: -NUDGE, y: 0 }, ArrowRight: { x: NUDGE, y: 0 }, ArrowUp: { x: 0, y: -NUDGE }, ArrowDown: { x: 0, y: NUDGE } }
const clipboard = shallowRef<Piece | null>(null)
let pastes = 0

export interface Canvas {
  choose: (ids: readonly string[], centred?: boolean) => void
  lookAt: (ids: readonly string[]) => void
  middle: () => Spot
  fit: () => void
  chosenWire: () => { from: string; exit: string } | null
}

export function useCanvasActs(designer: Designer, canvas: Ref<Canvas | null>, chosen: Ref<string[]>) {
  const loose = ref<{ from: string; exit: string; at: Spot; screen: Spot } | null>(null)
  const { doc, change, words } = designer

  function add(verb: string, at: Spot = canvas.value?.middle() ?? { x: 0, y: 0 }): string {
    const rule = words.value?.verbs.find((one) => one.verb === verb)
    if (rule === undefined || designer.readOnly.value) return ''
    const made = addNode(doc.value, rule, clear(at))
    const from = loose.value
    loose.value = null
    change(from ? wire(made.doc, from.from, from.exit, made.id) : made.doc)
    canvas.value?.choose([made.id])
    return made.id
  }

  /** A new node never lies upon another. */
  function clear(at: Spot): Spot {
    const taken = Object.entries(doc.value.layout).map(([id, one]) => ({ ...one, end: one.y + (words.value ? heightOf(words.value, doc.value.source, id) : NODE_HEIGHT) }))
    let spot = { x: Math.round(at.x), y: Math.round(at.y) }
    while (taken.some((one) => Math.abs(one.x - spot.x) < NODE_WIDTH + NUDGE && spot.y < one.end + NUDGE && one.y < spot.y + NODE_HEIGHT + NUDGE)) spot = { x: spot.x, y: spot.y + NUDGE }
    return spot
  }

  function remove(): void {
    const edge = canvas.value?.chosenWire()
    if (chosen.value.length > 0) change(removeNodes(doc.value, chosen.value))
    else if (edge) change(wire(doc.value, edge.from, edge.exit, ''))
  }

  function copy(): void {
    if (chosen.value.length === 0) return
    clipboard.value = copied(doc.value, chosen.value)
    pastes = 0
  }

  function paste(piece: Piece | null = clipboard.value): void {
    if (piece === null || designer.readOnly.value) return
    const by = 40 * (1 + pastes++)
    const made = pasted(doc.value, piece, { x: by, y: by })
    change(made.doc)
    canvas.value?.choose(made.ids)
  }

  function duplicate(): void {
    pastes = 0
    paste(copied(doc.value, chosen.value))
  }

  function nudge(by: Spot): void {
    const spots = Object.fromEntries(chosen.value.map((id) => [id, { x: (doc.value.layout[id]?.x ?? 0) + by.x, y: (doc.value.layout[id]?.y ?? 0) + by.y }]))
    change(moveNodes(doc.value, spots), `nudge ${chosen.value.join(' ')}`)
  }

  function arrange(): void {
    if (words.value === null) return
    change(moveNodes(doc.value, arranged(words.value, doc.value.source)))
    canvas.value?.fit()
  }

  function keys(event: KeyboardEvent): void {
    const command = event.ctrlKey || event.metaKey
    const act = command ? commands[event.key.toLowerCase()] : plain(event)
    if (act === undefined) return
    event.preventDefault()
    act()
  }

  const commands: Record<string, (() => void) | undefined> = {
    c: copy,
    x: () => (copy(), remove()),
    v: () => paste(),
    d: duplicate,
    a: () => canvas.value?.choose(Object.keys(doc.value.source.node)),
  }

  function plain(event: KeyboardEvent): (() => void) | undefined {
    if (event.key === 'Delete' || event.key === 'Backspace') return remove
    if (event.key === 'Escape') return () => canvas.value?.choose([])
    const by = ARROWS[event.key]
    return by && chosen.value.length > 0 && !designer.readOnly.value ? () => nudge(by) : undefined
  }

  /** The first exit of `id` that leads nowhere, for a node that is added by the keyboard after it. */
  function openExit(id: string): string {
    const node = doc.value.source.node[id]
    return words.value && node ? (exitsOf(words.value, node).find((one) => one.required && one.to === '')?.name ?? '') : ''
  }

  /** Added from the palette: beside the chosen node and wired to its open exit, else in the middle. */
  function addNext(verb: string): string {
    const [from] = chosen.value.length === 1 ? chosen.value : []
    const spot = from === undefined ? undefined : doc.value.layout[from]
    const exit = from === undefined ? '' : openExit(from)
    if (from === undefined || spot === undefined || exit === '') return add(verb)
    loose.value = { from, exit, at: spot, screen: spot }
    return add(verb, { x: spot.x + NODE_WIDTH + 90, y: spot.y })
  }

  return { loose, add, addNext, remove, copy, paste, duplicate, arrange, keys }
}

