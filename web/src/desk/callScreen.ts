/** Which screen of the dock is due: the server says what the call is, the phone says whether we hear it. Pure. */

import type { Phone } from '../shared/phoneMachine'
import type { AgentSnapshot, CallView, PersonCard } from '../shared/types'

export type Screen = 'idle' | 'ringing' | 'talking' | 'recovering' | 'wrap_up'

export interface DeskCall {
  screen: Screen
  view: CallView | null
}

/** `broken` is the call whose talk broke off on this page without being ended: its ring brings it back and is no new call. */
export function deskCall(agent: AgentSnapshot | undefined, phone: Phone, broken = ''): DeskCall {
  const call = agent?.call ?? null
  if (call?.phase === 'ringing' && call.linkedid === broken && phone.call !== 'talking') return { screen: 'recovering', view: call }
  if (call?.phase === 'ringing') return { screen: phone.call === 'talking' ? 'talking' : 'ringing', view: call }
  if (call !== null && call.phase !== 'wrap_up') {
    const heard = phone.call === 'talking' || phone.call === 'held' || phone.call === 'answering'
    return { screen: heard ? 'talking' : 'recovering', view: call }
  }
  const wrapUp = agent?.wrap_up ?? (call?.phase === 'wrap_up' ? call : null)
  return wrapUp === null ? { screen: 'idle', view: null } : { screen: 'wrap_up', view: wrapUp }
}

/** A call that is under way without our ear rings again after a reload: it is taken without asking. */
export function answersItself(screen: Screen, phone: Phone): boolean {
  return screen === 'recovering' && phone.call === 'ringing'
}

/** The server knows of no talk, the phone is still in one. */
export function talkIsGone(agent: AgentSnapshot | undefined, phone: Phone): boolean {
  const call = agent?.call ?? null
  const isOver = agent !== undefined && (call === null || call.phase === 'wrap_up')
  return isOver && (phone.call === 'talking' || phone.call === 'held')
}

/** The person the screen may show whole: the chosen one, or the only one. */
export function settledPerson(view: CallView | null): PersonCard | null {
  if (view === null) return null
  if (view.patient_id !== null && view.patient_id !== undefined) {
    return view.people.find((person) => person.id === view.patient_id) ?? null
  }
  return view.people.length === 1 ? (view.people[0] ?? null) : null
}
