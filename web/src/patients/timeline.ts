/** Everything of one patient in one stream: its shape, what the card brings at once, the days it falls into. Pure. */

import { dayIn } from '../shared/format'
import type { PersonCard } from '../shared/types'

export interface TimelineEntry {
  kind: string
  id: number | string
  at: string
  title: string
  text: string
  state: string
  level: string
  department: string | null
  doctor: string | null
  user: string | null
}

export interface TimelinePage {
  items: TimelineEntry[]
  next: string | null
  kinds: string[]
  counts: Record<string, number>
}

export interface Day {
  day: string
  entries: TimelineEntry[]
}

/** Of these a day is known and no hour. */
export const DAYS_ONLY = new Set(['medication'])

const NOTHING = { id: '', title: '', text: '', state: '', level: '', department: null, doctor: null, user: null }

/** What is on the card already, so that a ringing call shows a file before anything was asked. */
export function fromCard(person: PersonCard): TimelineEntry[] {
  const visits = person.visits.map((one) => ({ ...NOTHING, kind: 'visit', at: one.at, title: one.diagnosis ?? '', state: one.kind, department: one.department, doctor: one.doctor }))
  const orders = (person.orders ?? []).map((one) => ({ ...NOTHING, kind: 'medical_order', at: one.at, title: one.content, state: one.kind, doctor: one.doctor }))
  const calls = person.calls.map((one) => ({ ...NOTHING, kind: 'call_record', id: one.id, at: one.at, title: one.disposition ?? '', state: one.outcome ?? '', user: one.agent }))
  return [...visits, ...orders, ...calls].sort((a, b) => (a.at < b.at ? 1 : -1))
}

export function byDay(entries: TimelineEntry[], zone: string): Day[] {
  const days: Day[] = []
  for (const entry of entries) {
    const day = DAYS_ONLY.has(entry.kind) ? entry.at.slice(0, 10) : dayIn(zone, Date.parse(entry.at))
    const last = days.at(-1)
    if (last?.day === day) last.entries.push(entry)
    else days.push({ day, entries: [entry] })
  }
  return days
}

/** How many of each kind, in the order of `kinds`; counted here while the server has not answered. */
export function counted(kinds: string[], counts: Record<string, number>, entries: TimelineEntry[]): { kind: string; n: number }[] {
  const own: Record<string, number> = {}
  for (const { kind } of entries) own[kind] = (own[kind] ?? 0) + 1
  const known = Object.keys(counts).length > 0 ? counts : own
  const order = kinds.length > 0 ? kinds : Object.keys(own)
  return order.map((kind) => ({ kind, n: known[kind] ?? 0 })).filter((one) => one.n > 0)
}
