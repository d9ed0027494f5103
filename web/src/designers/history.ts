/** Undo and redo without a limit in the session. Steps that carry the same `merge` word and follow at once are one step. Pure but for the clock that comes in. */

export interface History<T> {
  past: readonly T[]
  now: T
  future: readonly T[]
  merge: string
  at: number
}

const TOGETHER_MS = 1200

export function begun<T>(now: T): History<T> {
  return { past: [], now, future: [], merge: '', at: 0 }
}

export function done<T>(history: History<T>, next: T, at: number, merge = ''): History<T> {
  if (next === history.now) return history
  const joins = merge !== '' && merge === history.merge && at - history.at < TOGETHER_MS && history.past.length > 0
  return { past: joins ? history.past : [...history.past, history.now], now: next, future: [], merge, at }
}

export function undone<T>(history: History<T>): History<T> {
  const before = history.past.at(-1)
  if (before === undefined) return history
  return { past: history.past.slice(0, -1), now: before, future: [history.now, ...history.future], merge: '', at: 0 }
}

export function redone<T>(history: History<T>): History<T> {
  const [next, ...future] = history.future
  if (next === undefined) return history
  return { past: [...history.past, history.now], now: next, future, merge: '', at: 0 }
}
