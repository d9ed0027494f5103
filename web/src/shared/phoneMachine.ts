/** The softphone's state and its moves. Pure: JsSIP's events come in as words, the dock reads the state that comes out. */

export type Line = 'off' | 'elsewhere' | 'connecting' | 'ready' | 'lost' | 'no_microphone' | 'leaving'
export type PhoneCall = 'none' | 'ringing' | 'answering' | 'talking' | 'held'

export interface Phone {
  line: Line
  call: PhoneCall
  muted: boolean
  /** The person pressed answer before the INVITE came; it is answered on arrival. */
  answerOnArrival: boolean
}

export type PhoneEvent =
  | 'started'
  | 'taken_elsewhere'
  | 'registered'
  | 'registration_lost'
  | 'microphone_refused'
  | 'microphone_granted'
  | 'invited'
  | 'answer_pressed'
  | 'confirmed'
  | 'held'
  | 'resumed'
  | 'muted'
  | 'unmuted'
  | 'ended'
  | 'signed_out'
  | 'stopped'

export const QUIET: Phone = { line: 'off', call: 'none', muted: false, answerOnArrival: false }

const LINE: Partial<Record<PhoneEvent, Line>> = {
  started: 'connecting',
  taken_elsewhere: 'elsewhere',
  registered: 'ready',
  registration_lost: 'lost',
  microphone_refused: 'no_microphone',
  signed_out: 'leaving',
}

const CALL: Partial<Record<PhoneEvent, Partial<Record<PhoneCall, PhoneCall>>>> = {
  invited: { none: 'ringing' },
  answer_pressed: { ringing: 'answering' },
  confirmed: { ringing: 'talking', answering: 'talking' },
  held: { talking: 'held' },
  resumed: { held: 'talking' },
}

export function phoneAfter(phone: Phone, event: PhoneEvent): Phone {
  if (event === 'stopped') return QUIET
  if (event === 'microphone_granted') return phone.line === 'no_microphone' ? { ...phone, line: 'ready' } : phone
  if (event === 'ended') return { ...phone, call: 'none', muted: false, answerOnArrival: false }
  if (event === 'muted' || event === 'unmuted') {
    return phone.call === 'none' ? phone : { ...phone, muted: event === 'muted' }
  }
  if (event === 'answer_pressed' && phone.call === 'none') return { ...phone, answerOnArrival: true }
  const call = CALL[event]?.[phone.call] ?? phone.call
  const answerOnArrival = call === 'ringing' || call === 'none' ? phone.answerOnArrival : false
  const line = phone.line === 'leaving' ? phone.line : (LINE[event] ?? phone.line)
  return { ...phone, line, call, answerOnArrival }
}
