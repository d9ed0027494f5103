import { describe, expect, it } from 'vitest'

import { answered, nextWish, NO_REQUEST, seen, type Request } from '../src/desk/agentRequest'
import { answersItself, deskCall, settledPerson, talkIsGone } from '../src/desk/callScreen'
import { family } from '../src/patients/family'
import { QUIET, type Phone, type PhoneCall } from '../src/shared/phoneMachine'
import type { AgentSnapshot, AgentStateName, CallPhase, CallView, PersonCard } from '../src/shared/types'

const person = (id: number): PersonCard => ({
  id, name: `p${id}`, gender: '', age: null, mrn: '', tags: [], relation: '', language: 'zh', last_contact_at: null, alerts: [], visits: [], calls: [], open_items: [],
})
const view = (phase: CallPhase, people: PersonCard[] = [], patient_id: number | null = null): CallView => ({
  linkedid: 'n-1.1', phase, caller_number: '13900000001', queue: 'q', queue_title_zh: '', queue_title_en: '', waited_s: 0, ringing_at: '', connected_at: null,
  ivr_path: [], language: 'zh', people, patient_id, transferred_from: null,
})
const desk = (state: AgentStateName, call: CallView | null = null, wrap_up: CallView | null = null): AgentSnapshot => ({
  state: { state, since: '' }, call, wrap_up, figures: { answered: 0, talk_s: 0, missed: 0 }, queues: {},
})
const phone = (call: PhoneCall): Phone => ({ ...QUIET, line: 'ready', call })

describe('a talk nobody has any more', () => {
  it.each([
    ['is over when the server has none, and the phone still holds on', desk('wrap_up', null, view('wrap_up')), phone('talking'), true],
    ['also in a hold', desk('available'), phone('held'), true],
    ['lives while the server has it', desk('talking', view('talking')), phone('talking'), false],
    ['may be rung for again', desk('ringing', view('ringing')), phone('talking'), false],
    ['is not judged before the server said anything', undefined, phone('talking'), false],
    ['is nothing to end when the phone is free', desk('available'), phone('none'), false],
  ])('%s', (_title, agent, ear, expected) => expect(talkIsGone(agent, ear)).toBe(expected))
})

describe('the screen of the desk', () => {
  it.each([
    ['idle without a call', desk('available'), phone('none'), 'idle'],
    ['idle before the first snapshot', undefined, phone('none'), 'idle'],
    ['ringing before the INVITE came', desk('ringing', view('ringing')), phone('none'), 'ringing'],
    ['ringing with the INVITE', desk('ringing', view('ringing')), phone('ringing'), 'ringing'],
    ['talking as soon as the phone hears, the server a moment later', desk('ringing', view('ringing')), phone('talking'), 'talking'],
    ['talking', desk('talking', view('talking')), phone('talking'), 'talking'],
    ['talking while held', desk('talking', view('held')), phone('held'), 'talking'],
    ['recovering when the page was reloaded in a call', desk('talking', view('talking')), phone('none'), 'recovering'],
    ['wrap-up as its own view', desk('wrap_up', null, view('wrap_up')), phone('none'), 'wrap_up'],
    ['wrap-up as phase of the call', desk('wrap_up', view('wrap_up')), phone('none'), 'wrap_up'],
  ] as const)('is %s', (_, agent, ear, expected) => {
    expect(deskCall(agent, ear).screen).toBe(expected)
  })
  it('takes the ring of a call under way by itself, but never a new one', () => {
    expect(answersItself('recovering', phone('ringing'))).toBe(true)
    expect(answersItself('ringing', phone('ringing'))).toBe(false)
    expect(answersItself('recovering', phone('none'))).toBe(false)
  })
})

describe('whose file is shown', () => {
  it('is the only person, the chosen one, or nobody yet', () => {
    expect(settledPerson(view('ringing', [person(1)]))?.id).toBe(1)
    expect(settledPerson(view('ringing', [person(1), person(2)]))).toBeNull()
    expect(settledPerson(view('talking', [person(1), person(2)], 2))?.id).toBe(2)
    expect(settledPerson(view('talking', []))).toBeNull()
    expect(settledPerson(null)).toBeNull()
  })
})

describe('a wish for another state', () => {
  const request: Request = { wish: 'paused', reason: 'meal' }
  const state = (name: AgentStateName) => ({ state: name, since: '' })
  it('F9 pauses the available agent and readies every other', () => {
    expect(nextWish(state('available'))).toBe('paused')
    expect(nextWish(state('paused'))).toBe('available')
    expect(nextWish(state('wrap_up'))).toBe('available')
  })
  it('is done when the server shows it', () => {
    expect(seen({ kind: 'sent', request }, state('paused'))).toEqual(NO_REQUEST)
    expect(seen({ kind: 'sent', request }, state('available'))).toEqual({ kind: 'sent', request })
  })
  it('waits for the end of a call', () => {
    const waiting = answered(request, { ...state('talking'), after_call: { state: 'paused', reason: 'meal' } })
    expect(waiting.kind).toBe('after_call')
    expect(seen(waiting, state('wrap_up'))).toEqual(waiting)
    expect(seen(waiting, state('paused'))).toEqual(NO_REQUEST)
    expect(seen(waiting, state('offline'))).toEqual(NO_REQUEST)
  })
})

describe('who beside the patient may hear what', () => {
  const close = (relatives: PersonCard['relatives'], carers: PersonCard['carers']): string[] =>
    family({ ...person(1), relatives, carers }).map((one) => `${one.name} ${one.told ? 'told' : '-'} ${one.topics.join('+')}`)
  it('a recorded right belongs to the relative of that name or file', () =>
    expect(close([{ name: '赵敏', relation: '女儿', patient_id: 7, may_be_told: false }], [{ name: '赵敏敏', relation: '', patient_id: 7, topics: ['results'] }])).toEqual(['赵敏 - results']))
  it('who may hear nothing stands last', () =>
    expect(close([{ name: '赵大', relation: '儿子' }, { name: '赵敏', relation: '女儿', may_be_told: true }], [{ name: '护工', relation: '护工', topics: ['fees', 'fees'] }])).toEqual(['赵敏 told ', '护工 - fees+fees', '赵大 - ']))
  it('a card without them says nothing', () => expect(family(person(1))).toEqual([]))
})
