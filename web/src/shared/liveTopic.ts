/** One live topic: a snapshot, then changes numbered by one. Pure: decides what a message does, opens no socket. */

import { mergePatch } from './mergePatch'

export interface TopicState {
  n: number
  data: unknown
  /** A gap was seen; changes are ignored until the next snapshot. */
  stale: boolean
}

export type LiveMessage =
  | { type: 'snapshot'; topic: string; n: number; data: unknown }
  | { type: 'change'; topic: string; n: number; data: unknown }
  | { type: 'ping' }

export interface Received {
  state: TopicState | undefined
  resync: boolean
}

export function receive(state: TopicState | undefined, message: LiveMessage): Received {
  if (message.type === 'snapshot') return { state: { n: message.n, data: message.data, stale: false }, resync: false }
  if (message.type === 'ping' || state === undefined || state.stale) return { state, resync: false }
  if (message.n <= state.n) return { state, resync: false }
  if (message.n !== state.n + 1) return { state: { ...state, stale: true }, resync: true }
  return { state: { n: message.n, data: mergePatch(state.data, message.data), stale: false }, resync: false }
}

/** Milliseconds before reconnect number `attempt` (from 0): 0.5 s doubling to 10 s, spread so that a hundred pages do not come at once. */
export function backoffMs(attempt: number, spread: number): number {
  return Math.min(500 * 2 ** attempt, 10_000) * (0.75 + 0.5 * spread)
}
