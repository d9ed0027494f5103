/** Two people changed one row: what can be joined silently and what somebody must decide. Pure. */

import { Problem } from '../shared/api'
import type { Row, Values } from './rowApi'

export interface Conflict {
  current: Row
  sent: Values
  disputed: string[]
  by: string
  at: string
}

/** `sent`: what this page wanted to write. */
export function conflictOf(wrong: unknown, sent: Values): Conflict | null {
  if (!(wrong instanceof Problem) || wrong.status !== 409 || wrong.body.type !== 'stale') return null
  const current = wrong.body.current as Row | undefined
  if (current === undefined) return null
  const changed = (wrong.body.changed ?? []) as string[]
  const by = wrong.body.changed_by as { name: string } | null | undefined
  return { current, sent, disputed: Object.keys(sent).filter((name) => changed.includes(name)), by: by?.name ?? '', at: String(wrong.body.changed_at ?? '') }
}

/** Mine where I chose mine, else what stands there now (and need not be sent). */
export function decided(conflict: Conflict, mine: Set<string>): Values {
  return Object.fromEntries(Object.entries(conflict.sent).filter(([name]) => !conflict.disputed.includes(name) || mine.has(name)))
}
