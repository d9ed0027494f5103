import { describe, expect, it, vi } from 'vitest'

import { holdRinging } from '../src/shared/heldRing'
import { phoneAfter, QUIET, type Phone, type PhoneEvent } from '../src/shared/phoneMachine'
import { grade } from '../src/shared/quality'

const after = (...events: PhoneEvent[]): Phone => events.reduce(phoneAfter, QUIET)
const ready: PhoneEvent[] = ['started', 'registered']

describe('the softphone', () => {
  it('registers, rings, is answered, held, resumed and ends', () => {
    expect(after(...ready)).toMatchObject({ line: 'ready', call: 'none' })
    expect(after(...ready, 'invited').call).toBe('ringing')
    expect(after(...ready, 'invited', 'answer_pressed').call).toBe('answering')
    const talking: PhoneEvent[] = [...ready, 'invited', 'answer_pressed', 'confirmed']
    expect(after(...talking).call).toBe('talking')
    expect(after(...talking, 'held').call).toBe('held')
    expect(after(...talking, 'held', 'resumed').call).toBe('talking')
    expect(after(...talking, 'muted').muted).toBe(true)
    expect(after(...talking, 'muted', 'ended')).toMatchObject({ call: 'none', muted: false, line: 'ready' })
  })
  it('remembers an answer pressed before the INVITE, and forgets it with the call', () => {
    expect(after(...ready, 'answer_pressed').answerOnArrival).toBe(true)
    expect(after(...ready, 'answer_pressed', 'invited').answerOnArrival).toBe(true)
    expect(after(...ready, 'answer_pressed', 'invited', 'answer_pressed').answerOnArrival).toBe(false)
    expect(after(...ready, 'answer_pressed', 'ended').answerOnArrival).toBe(false)
  })
  it('keeps the call while the line is lost', () => {
    expect(after(...ready, 'invited', 'answer_pressed', 'confirmed', 'registration_lost')).toMatchObject({ line: 'lost', call: 'talking' })
  })
  it('goes on talking when the sign-in ends, and nothing registers any more', () => {
    const leaving = after(...ready, 'invited', 'answer_pressed', 'confirmed', 'signed_out', 'registration_lost', 'registered')
    expect(leaving).toMatchObject({ line: 'leaving', call: 'talking' })
    expect(phoneAfter(leaving, 'held')).toMatchObject({ line: 'leaving', call: 'held' })
    expect(phoneAfter(phoneAfter(leaving, 'ended'), 'stopped')).toEqual(QUIET)
  })
  it('cannot be held, muted or confirmed without a call', () => {
    expect(after(...ready, 'held', 'muted', 'confirmed', 'resumed')).toMatchObject({ call: 'none', muted: false })
  })
  it('says that there is no microphone until there is one', () => {
    expect(after(...ready, 'microphone_refused').line).toBe('no_microphone')
    expect(after(...ready, 'microphone_refused', 'microphone_granted').line).toBe('ready')
    expect(after('started', 'microphone_granted').line).toBe('connecting')
  })
  it('is quiet after it stopped', () => {
    expect(after(...ready, 'invited', 'stopped')).toEqual(QUIET)
  })
})

describe('180 Ringing', () => {
  function invite() {
    const sent: string[] = []
    const request = { reply: (code: number) => void sent.push(String(code)) }
    return { sent, request, rings: () => void sent.push('rings') }
  }
  it('waits until the call is shown, and goes out once', () => {
    const { sent, request, rings } = invite()
    const held = holdRinging(request, rings, 1000)
    request.reply(180)
    expect(sent).toEqual([])
    held.release()
    held.release()
    expect(sent).toEqual(['180', 'rings'])
  })
  it('goes out at once when the call was shown first', () => {
    const { sent, request, rings } = invite()
    holdRinging(request, rings, 1000).release()
    request.reply(180)
    expect(sent).toEqual(['180', 'rings'])
  })
  it('rings in the end though nothing was shown', () => {
    vi.useFakeTimers()
    const { sent, request, rings } = invite()
    holdRinging(request, rings, 1000)
    request.reply(180)
    vi.advanceTimersByTime(1000)
    expect(sent).toEqual(['180', 'rings'])
    vi.useRealTimers()
  })
  it('never rings for a caller who is gone, and holds back no other answer', () => {
    const { sent, request, rings } = invite()
    const held = holdRinging(request, rings, 1000)
    request.reply(180)
    request.reply(486)
    held.drop()
    held.release()
    expect(sent).toEqual(['486'])
  })
})

describe('audio quality', () => {
  const counters = (received: number, lost: number, jitterMs = 5) => ({ sent: received, received, lost, jitterMs })
  it.each([
    ['unknown before a first reading', null, counters(100, 0), 'unknown'],
    ['good', counters(100, 0), counters(200, 0), 'good'],
    ['fair with 2 % lost', counters(100, 0), counters(198, 2), 'fair'],
    ['bad with 10 % lost', counters(100, 0), counters(190, 10), 'bad'],
    ['bad when nothing comes any more', counters(100, 0), counters(100, 0), 'bad'],
    ['bad with great jitter', counters(100, 0), counters(200, 0, 80), 'bad'],
  ] as const)('%s', (_, before, now, expected) => {
    expect(grade(before, now)).toBe(expected)
  })
})
