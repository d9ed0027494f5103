import { beforeEach, describe, expect, it, vi } from 'vitest'

import { Problem } from '../src/shared/api'
import type { DepartmentChoice, FreeSlot } from '../src/booking/types'
import { useBooking, type Person } from '../src/booking/useBooking'
import { clock, dayWords, plusDays, price, refusal, refusalCode, said } from '../src/booking/words'
import type { Language } from '../src/shared/format'
import { i18n } from '../src/shared/i18n'

const speaks = (language: Language): void => void (i18n.global.locale.value = language)

/** The server, as far as booking asks it: what is asked is noted, what it answers is set by each test. */
const asked: string[] = []
let answers: Record<string, unknown> = {}
vi.mock('../src/shared/api', async (original) => {
  const real = await original<typeof import('../src/shared/api')>()
  const ask = (method: string) => (path: string): Promise<unknown> => {
    asked.push(`${method} ${path}`)
    const key = Object.keys(answers).find((one) => `${method} ${path}`.startsWith(one))
    const answer = key === undefined ? undefined : answers[key]
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer)
  }
  return { ...real, get: ask('GET'), post: ask('POST') }
})

const doctor = (id: number) => ({ id, name_zh: `医生${id}`, name_en: `Doctor ${id}`, title_zh: '', title_en: '', free: 2, next_day: null })
const department = (id: number, ...doctors: number[]): DepartmentChoice => ({ id, name_zh: '心内科', name_en: 'Cardiology', location_zh: '', location_en: '', doctors: doctors.map(doctor) })
const slot = (id: number, day: string, free = 1): FreeSlot =>
  ({ slot_id: id, session_id: 1, doctor_id: 1, department_id: 1, day, starts: '08:00:00', ends: '08:30:00', starts_at: '', ends_at: '', price_fen: 5000, kind: 'expert', free }) as unknown as FreeSlot
const refused = (type: string, detail = ''): Problem => new Problem(409, 'booking refused', detail, [], 0, { type })
const person: Person = { patientId: 7, linkedid: 'node1-1.1' }
const SLOTS = { items: [slot(1, '2026-11-24'), slot(2, '2026-11-24', 2), slot(3, '2026-11-25')] }

beforeEach(() => {
  asked.length = 0
  answers = { 'GET /api/booking/choices': { items: [department(1, 1, 2), department(2)] }, 'GET /api/booking/slots': SLOTS }
  speaks('zh-CN')
})

describe('booking step by step', () => {
  it('offers departments that have doctors, then the days that have something free', async () => {
    const step = useBooking(() => person)
    await step.start()
    expect(step.departments.value.map((one) => one.id)).toEqual([1])
    await step.chooseDepartment(step.departments.value[0]!)
    expect(step.days.value).toEqual([{ date: '2026-11-24', free: 3 }, { date: '2026-11-25', free: 1 }])
    expect(step.ofDay.value.map((one) => one.slot_id)).toEqual([1, 2])
  })

  it('holds a chosen slot at once, and gives it back when another one is chosen or the dialog closes', async () => {
    answers['POST /api/booking/holds'] = { id: 50, held_until: null }
    const step = useBooking(() => person)
    await step.start()
    await step.chooseDepartment(step.departments.value[0]!)
    await step.chooseSlot(SLOTS.items[0]!)
    expect(step.held.value?.id).toBe(50)
    await step.chooseSlot(SLOTS.items[1]!)
    await step.letGo()
    expect(asked.filter((one) => one === 'POST /api/booking/holds/50/release')).toHaveLength(2)
    expect(step.chosen.value).toBeNull()
  })

  it('stands at fresh slots with the reason when somebody else took the seat', async () => {
    answers['POST /api/booking/holds'] = refused('slot_full')
    const step = useBooking(() => person)
    await step.start()
    await step.chooseDepartment(step.departments.value[0]!)
    await step.chooseSlot(SLOTS.items[0]!)
    expect(step.chosen.value).toBeNull()
    expect(step.failure.value).toBe('这个时段刚被约满，上面是最近的空号')
    expect(asked.filter((one) => one.startsWith('GET /api/booking/slots'))).toHaveLength(2)
  })

  it('keeps the hold when the reason is the patient and not the seat', async () => {
    answers = { ...answers, 'POST /api/booking/holds/50/book': refused('same_time', 'He has appointment 10000042 then.'), 'POST /api/booking/holds': { id: 50, held_until: null } }
    const step = useBooking(() => person)
    await step.start()
    await step.chooseDepartment(step.departments.value[0]!)
    await step.chooseSlot(SLOTS.items[0]!)
    expect(await step.confirm({ contact_number: '', note: '' })).toBeUndefined()
    expect(step.held.value?.id).toBe(50)
    expect(step.failure.value).toContain('10000042')
  })

  it('moves without a hold: the old seat is given up by the server alone', async () => {
    answers['POST /api/booking/appointments/9/move'] = { id: 9, number: '10000009' }
    const moving = { id: 9, department_id: 1, doctor_id: 2 } as Person['moving']
    const step = useBooking(() => ({ ...person, moving }))
    await step.start()
    expect([step.department.value?.id, step.doctor.value?.id]).toEqual([1, 2])
    await step.chooseSlot(SLOTS.items[2]!)
    expect((await step.confirm({ contact_number: '', note: '' }))?.number).toBe('10000009')
    expect(asked.filter((one) => one.includes('/holds'))).toEqual([])
  })

  it('asks for a place in the waiting list with days, half day and number', async () => {
    const step = useBooking(() => ({ patientId: 7 }))
    await step.start()
    await step.chooseDepartment(step.departments.value[0]!)
    const wish = { first: '2026-11-24', last: '2026-11-26', half: 'pm', contact_number: '' }
    answers['POST /api/booking/waiting'] = refused('free_now')
    expect(await step.wait(wish)).toBe(false)
    expect(step.failure.value).not.toBe('')
    answers['POST /api/booking/waiting'] = { id: 3 }
    expect(await step.wait(wish)).toBe(true)
    expect([step.failure.value, step.busy.value]).toEqual(['', false])
  })
})

describe('how booking speaks', () => {
  it('says days, times and money', () => {
    expect([clock('08:00:00'), price(5000), price(2550), plusDays('2026-11-30', 2)]).toEqual(['08:00', '¥50', '¥25.50', '2026-12-02'])
    expect(dayWords('2026-11-24')).toBe('11-24 周二')
    speaks('en')
    expect(dayWords('2026-11-24')).toBe('Tue 24 Nov')
  })
  it('says names in the language of the page, and the Chinese one where there is no English', () => {
    speaks('en')
    expect(said({ name_zh: '心内科', name_en: 'Cardiology' }, 'name')).toBe('Cardiology')
    expect(said({ name_zh: '心内科', name_en: '' }, 'name')).toBe('心内科')
  })
  it('tells the rule by its code, and the words of the server where there is none', () => {
    expect(refusalCode(refused('too_late'))).toBe('too_late')
    expect(refusalCode(new Problem(422, 'invalid input', ''))).toBe('')
    expect(refusal(refused('too_late'))).toBe('已超过可自助更改的时间')
    expect(refusal(new Problem(409, 'booking refused', 'Something new.', [], 0, { type: 'a_new_rule' }))).toBe('Something new.')
  })
})
