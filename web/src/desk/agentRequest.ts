/** The agent's wish for another state, from pressed to seen. Pure: the server owns the state, the page only waits for it. */

import type { AgentState } from '../shared/types'

export type Wish = 'available' | 'paused' | 'offline'

export interface Request {
  wish: Wish
  reason: string
}

export type RequestState = { kind: 'none' } | { kind: 'sent'; request: Request } | { kind: 'after_call'; request: Request } | { kind: 'refused'; detail: string }

export const NO_REQUEST: RequestState = { kind: 'none' }

const BUSY: ReadonlySet<string> = new Set(['ringing', 'talking'])

/** What F9 means in `state`. */
export function nextWish(state: AgentState): Wish {
  return state.state === 'available' ? 'paused' : 'available'
}

/** A request as answered: done, or kept by the server until the call ends. */
export function answered(request: Request, state: AgentState): RequestState {
  if (state.after_call || BUSY.has(state.state)) return { kind: 'after_call', request }
  return NO_REQUEST
}

/** A request beside a new state from the server. */
export function seen(pending: RequestState, state: AgentState): RequestState {
  if (pending.kind !== 'sent' && pending.kind !== 'after_call') return pending
  if (state.state === pending.request.wish) return NO_REQUEST
  return pending.kind === 'after_call' && !BUSY.has(state.state) && state.state !== 'wrap_up' ? NO_REQUEST : pending
}
