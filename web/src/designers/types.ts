/** Shapes of the flow routes, as docs/ivr.md section 6 writes them. */

import type { Words } from '../admin/meta'

export type { Words }

export interface NodeSource {
  verb: string
  on?: Record<string, string>
  [key: string]: unknown
}

export interface Source {
  flow: string
  start: string
  queue_return?: string
  title?: Words
  node: Record<string, NodeSource>
}

export interface Spot {
  x: number
  y: number
  /** What people call the node; without it its id is shown. */
  title?: string
}
export type Layout = Record<string, Spot>

/** What is drawn: never changed in place. */
export interface Doc {
  source: Source
  layout: Layout
}

export interface Fault {
  flow: string
  node: string
  key: string
  rule: Words
  mend: Words
}

export interface FlowLine {
  name: string
  title: Words
  published: number | null
  draft: { changed_at: string; changed_by: string; faults: number } | null
  is_entry: boolean
}

export interface FlowVersion {
  /** The draft has none. */
  number: number | null
  state: 'draft' | 'published' | 'retired'
  note: string
  by: string
  at: string
  published_at: string | null
  release: number | null
  shipped?: boolean
}

export interface FlowText {
  flow: string
  number: number | null
  state: FlowVersion['state']
  source: Source
  layout: Layout | null
  note: string
  version?: number | null
}

export interface FieldRule {
  name: string
  kind: string
  title: Words
  min?: number | null
  max?: number | null
  default?: unknown
  required?: boolean
  choices?: (string | { value: string; title: Words })[] | null
}

export interface Verb {
  verb: string
  title: Words
  group: string
  fields: FieldRule[]
  exits: string[]
  optional: string[]
  reads_keys: boolean
  /** Keys that may be wired as exits. */
  keys?: string[]
}

export interface Named {
  name: string
  title: Words
}
export interface LookupRule extends Named {
  arguments: string[]
  item: string[]
  personal?: boolean
}
export interface ActionRule extends Named {
  arguments: string[]
  exits: string[]
  values: string[]
  optional?: string[]
  open_arguments?: boolean
  example?: Record<string, unknown>
}
export interface FlowRule extends Named {
  returns: string[]
}

export interface Vocabulary {
  verbs: Verb[]
  queues: Named[]
  calendars: Named[]
  lookups: LookupRule[]
  actions: ActionRule[]
  extensions: Named[]
  templates: Named[]
  flows: FlowRule[]
  forms: string[]
}

export interface Change {
  node: string
  key: string
  before: unknown
  after: unknown
}
export interface Diff {
  added: string[]
  removed: string[]
  changed: Change[]
}

export interface NodeFigures {
  callers: number
  entries: number
  median_s: number | null
  repeats: number
  no_input: number
  invalid: number
  left: number
  exits: Record<string, number>
}
export interface FlowFigures {
  calls: number
  self_served: number
  nodes: Record<string, NodeFigures>
  versions: number[]
  days: { day: string; calls: number; self_served: number }[]
}

/** What the tester answers at a place of the simulator. */
export type Heard = { keys: string } | { said: string } | { found: { exit: string; values?: Record<string, unknown> } } | { queue: string } | { recorded: number }

export type Asking = 'keys' | 'record' | 'queue' | 'lookup' | 'act' | 'transfer' | 'end'

export interface SimAnswer {
  state: unknown
  place: { flow: string; node: string; version: number | 'draft' }
  moves: { flow: string; node: string; exit: string }[]
  plays: { text: Words; language?: 'zh' | 'en'; prompt: string; audio: string[] }[]
  asks: Asks
  /** What was looked up on the way. */
  found?: { name: string; exit: string; values: Record<string, unknown> }[]
  ended: boolean
}

export interface Asks {
  kind: Asking
  name: string
  arguments?: Record<string, string>
  max_digits?: number
  wait_s?: number
  exits: string[]
  answers: { value: string; words: string[] }[]
  default?: { exit: string; values: Record<string, unknown> } | null
}

export interface FlowCase {
  id: number
  title: string
  flow: string
  language: string | null
  at: string | null
  caller: { number: string }
  answers: Record<string, unknown>
  steps: Heard[]
  expect: { flow: string; node: string }[]
}
