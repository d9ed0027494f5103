/** A document as Vue Flow draws it: cards and wires. Pure but for the words of the chosen language. */

import type { Edge, Node } from '@vue-flow/core'

import { AGAIN, exitsOf, verbOf, wiresOf, type Exit, type Wire } from './exits'
import { mainPhrase, phraseText } from './phrases'
import type { Doc, Fault, NodeFigures, Vocabulary, Words } from './types'
import { exitWord, groupOf, nodeTitle, said, tongue } from './verbs'

export type Mark = 'added' | 'removed' | 'changed' | ''

export interface Card {
  id: string
  verb: string
  title: string
  about: string
  group: string
  text: string
  exits: (Exit & { word: string; again: boolean; missing: boolean; leads: string; count: number | null })[]
  faults: string[]
  start: boolean
  back: boolean
  mark: Mark
  current: boolean
  walked: boolean
  figures: NodeFigures | null
  editable: boolean
}

/** What lies over the drawing: faults, a diff, the simulated caller, figures. */
export interface Overlay {
  faults: readonly Fault[]
  marks: Readonly<Record<string, Mark>>
  current: string
  walked: ReadonlySet<string>
  figures: Readonly<Record<string, NodeFigures>> | null
}

export const NOTHING: Overlay = { faults: [], marks: {}, current: '', walked: new Set(), figures: null }
const SIDEWAYS = new Set(['no_input', 'invalid', 'failed', 'unavailable', 'back'])
const THICKEST = 8

/** The word of a wire in `Overlay.walked`. */
export function step(from: string, exit: string): string {
  return `${from} ${exit}`
}

/** What a node names, where it says nothing itself: its queue, lookup, flow... */
function namedThing(words: Vocabulary, doc: Doc, id: string): string {
  const node = doc.source.node[id]
  if (node === undefined) return ''
  const of = (list: { name: string; title: Words }[], name: unknown): string => said(list.find((one) => one.name === name)?.title) || String(name ?? '')
  const kinds: Record<string, () => string> = {
    queue: () => of(words.queues, node.queue), callback: () => of(words.queues, node.queue), lookup: () => of(words.lookups, node.data), call: () => of(words.flows, node.flow), hours: () => of(words.calendars, node.calendar ?? 'hotline'),
    act: () => of(words.actions, node.do), book: () => of(words.actions, node.do), sms: () => of(words.templates, node.template), transfer: () => of(words.extensions, node.to), branch: () => String(node.value ?? ''),
    return: () => exitWord(String(node.exit ?? '')), goto: () => (node.to ? nodeTitle(String(node.to), doc.layout) : ''), set: () => Object.keys((node.values as object | undefined) ?? {}).join(', '),
  }
  return kinds[node.verb]?.() ?? ''
}

export function cardOf(words: Vocabulary, doc: Doc, texts: ReadonlyMap<string, Words>, id: string, over: Overlay, editable: boolean): Card {
  const node = doc.source.node[id]!
  const verb = said(verbOf(words, node)?.title) || node.verb
  const figures = over.figures?.[id] ?? null
  const thing = namedThing(words, doc, id)
  return {
    id, verb: node.verb, title: nodeTitle(id, doc.layout), about: thing ? `${verb} · ${thing}` : verb, group: groupOf(words, node), text: phraseText(mainPhrase(node), texts, tongue()), figures, editable,
    exits: exitsOf(words, node).map((exit) => ({ ...exit, word: exitWord(exit.name), again: exit.to === AGAIN, leads: exit.to in doc.source.node ? nodeTitle(exit.to, doc.layout) : '', missing: exit.to === '' || (exit.to !== AGAIN && !(exit.to in doc.source.node)), count: figures ? (figures.exits[exit.name] ?? 0) : null })),
    faults: over.faults.filter((one) => one.flow === doc.source.flow && one.node === id).map((one) => said(one.rule)),
    start: doc.source.start === id, back: doc.source.queue_return === id, mark: over.marks[id] ?? '', current: over.current === id, walked: [...over.walked].some((one) => one.startsWith(`${id} `)),
  }
}

export function nodesOf(words: Vocabulary, doc: Doc, texts: ReadonlyMap<string, Words>, over: Overlay, editable: boolean): Node<Card>[] {
  return Object.keys(doc.source.node).map((id) => ({
    id, type: 'verb', position: { x: doc.layout[id]?.x ?? 0, y: doc.layout[id]?.y ?? 0 }, data: cardOf(words, doc, texts, id, over, editable), draggable: editable, connectable: editable,
    ariaLabel: nodeTitle(id, doc.layout),
  }))
}

/** Thicker with more callers, so that the eye follows the crowd. */
function thickness(count: number, most: number): number {
  return most === 0 ? 1.5 : 1 + (Math.min(THICKEST, most + 1) - 1) * Math.sqrt(count / most)
}

/** Ways back and what goes wrong are drawn faintly; the wires of chosen nodes stand out before all others. */
function looksOf(doc: Doc, over: Overlay, chosen: ReadonlySet<string>, { from, exit, to }: Wire): string {
  const near = chosen.has(from) || chosen.has(to)
  const looks = {
    sideways: SIDEWAYS.has(exit), back: (doc.layout[to]?.x ?? 0) <= (doc.layout[from]?.x ?? 0), walked: over.walked.has(step(from, exit)), traffic: over.figures !== null, idle: over.figures !== null && (over.figures[from]?.exits[exit] ?? 0) === 0, near, far: chosen.size > 0 && !near,
  }
  return Object.entries(looks).filter(([, so]) => so).map(([name]) => name).join(' ')
}

export function edgesOf(doc: Doc, over: Overlay, editable: boolean, chosen: ReadonlySet<string>): Edge[] {
  const wires = wiresOf(doc.source)
  const count = (from: string, exit: string): number => over.figures?.[from]?.exits[exit] ?? 0
  const most = Math.max(0, ...wires.map((one) => count(one.from, one.exit)))
  return wires.map((wire) => {
    const { from, exit, to } = wire
    const looks = looksOf(doc, over, chosen, wire)
    const front = looks.includes('walked') || looks.includes('near')
    const traffic = count(from, exit)
    return {
      id: `${from} ${exit}`, source: from, sourceHandle: exit, target: to, targetHandle: 'in', type: 'default', updatable: editable ? 'target' : false, deletable: editable,
      class: looks, zIndex: front ? 5 : 0, markerEnd: { type: 'arrowclosed', width: 14, height: 14, markerUnits: 'userSpaceOnUse', color: front ? '#0f766e' : looks === '' ? '#8fa0a8' : '#c3ced2' } as Edge['markerEnd'],
      ...(over.figures ? { style: { strokeWidth: thickness(traffic, most) }, label: traffic > 0 ? String(traffic) : '' } : {}),
    } as Edge
  })
}
