/** The exits of a node and what they are called. Pure. The server's check is the law; this only draws the same exits. */

import type { ActionRule, NodeSource, Source, Verb, Vocabulary } from './types'

export const AGAIN = 'again'
export const KEYS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '0'] as const
const MAY_REPEAT = new Set(['no_input', 'invalid'])

export interface Exit {
  name: string
  /** A key of the telephone. */
  key: boolean
  required: boolean
  to: string
}

export function isKey(exit: string): boolean {
  return /^[0-9]$/.test(exit)
}

export function mayRepeat(exit: string): boolean {
  return MAY_REPEAT.has(exit)
}

export function verbOf(words: Vocabulary, node: NodeSource): Verb | undefined {
  return words.verbs.find((one) => one.verb === node.verb)
}

/** `book` does the booking action of its `do`; `act` the one it names. */
export function actionOf(words: Vocabulary, node: NodeSource): ActionRule | undefined {
  const name = String(node.do ?? '')
  return words.actions.find((one) => one.name === (node.verb === 'book' ? `book_${name}` : name))
}

export const OTHERWISE = 'otherwise'

function named(words: Vocabulary, node: NodeSource): string[] {
  const verb = verbOf(words, node)
  if (verb === undefined) return []
  if (node.verb === 'call') return words.flows.find((one) => one.name === node.flow)?.returns ?? []
  if (node.verb === 'branch') return [...Object.keys((node.cases as object | undefined) ?? {}), OTHERWISE]
  if (node.verb === 'language' && node.ask === 'switch') return ['chosen']
  if (node.verb === 'act' || node.verb === 'book') return actionOf(words, node)?.exits ?? verb.exits
  return verb.exits
}

const FIRST = ['open', 'found', 'chosen', 'done', 'entered', 'answered', 'recorded', 'finished', 'identified', 'sent', 'requested']
const LAST = ['no_input', 'invalid', 'failed', 'unavailable', 'otherwise']

/** What goes well first, what goes wrong last, the rest as it comes. */
function place(exit: string): number {
  return FIRST.includes(exit) ? FIRST.indexOf(exit) - 100 : LAST.indexOf(exit)
}

/** Every exit in the order a person reads them: keys, then what happened, then what is optional; wired ones the verb does not know come last. */
export function exitsOf(words: Vocabulary, node: NodeSource): Exit[] {
  const on = node.on ?? {}
  const keys = KEYS.filter((key) => key in on)
  const must = named(words, node).filter((name) => !isKey(name)).sort((one, other) => place(one) - place(other))
  const known = new Set([...keys, ...must])
  const rest = Object.keys(on).filter((name) => !known.has(name as '1'))
  return [...keys.map((name) => exit(name, true, false)), ...must.map((name) => exit(name, false, true)), ...rest.map((name) => exit(name, false, false))]

  function exit(name: string, key: boolean, required: boolean): Exit {
    return { name, key, required, to: on[name] ?? '' }
  }
}

/** Exits that may be added to the node. */
export function moreExits(words: Vocabulary, node: NodeSource): string[] {
  const verb = verbOf(words, node)
  const wired = new Set(Object.keys(node.on ?? {}))
  const keys = verb?.reads_keys ? KEYS.filter((key) => verb.keys?.includes(key) ?? true) : []
  return [...keys, ...(verb?.optional ?? [])].filter((name) => !wired.has(name))
}

export interface Wire {
  from: string
  exit: string
  to: string
}

/** Every wire of the flow that ends at a node of it. `goto` is a wire, too. */
export function wiresOf(source: Source): Wire[] {
  const wires: Wire[] = []
  for (const [id, node] of Object.entries(source.node)) {
    for (const [exit, to] of Object.entries(node.on ?? {})) if (to in source.node) wires.push({ from: id, exit, to })
    if (node.verb === 'goto' && String(node.to) in source.node) wires.push({ from: id, exit: 'to', to: String(node.to) })
  }
  return wires
}
