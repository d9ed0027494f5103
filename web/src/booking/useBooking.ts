/**
 * The steps of one booking: department, doctor, day, slot, confirm. A chosen slot is held on the server at once.
 * In: the patient, or the appointment that is moved. Out: reactive lists and what was chosen; `confirm` gives the appointment.
 * A seat that somebody else took meanwhile leaves the person at the slots, with fresh ones and the reason.
 */

import { computed, ref, shallowRef } from 'vue'

import { get, post, withQuery } from '../shared/api'
import { refusal, refusalCode } from './words'
import type { Appointment, DepartmentChoice, DoctorChoice, FreeSlot } from './types'

const LOOK_AGAIN = new Set(['slot_full', 'slot_gone', 'slot_past', 'clinic_stopped', 'hold_expired'])

export interface Person {
  patientId: number | null
  linkedid?: string
  moving?: Appointment | null
}

export function useBooking(person: () => Person) {
  const departments = shallowRef<DepartmentChoice[]>([])
  const slots = shallowRef<FreeSlot[]>([])
  const department = shallowRef<DepartmentChoice | null>(null)
  const doctor = shallowRef<DoctorChoice | null>(null)
  const day = ref('')
  const held = shallowRef<Appointment | null>(null)
  const chosen = shallowRef<FreeSlot | null>(null)
  const failure = ref('')
  const loading = ref(false)
  const busy = ref(false)
  let asked = 0

  const days = computed(() => {
    const counts = new Map<string, number>()
    for (const one of slots.value) counts.set(one.day, (counts.get(one.day) ?? 0) + one.free)
    return [...counts].map(([date, free]) => ({ date, free }))
  })
  const ofDay = computed(() => slots.value.filter((one) => one.day === day.value))
  const moving = computed(() => person().moving ?? null)

  /** `deed` with its failure in words; undefined when it was refused. */
  async function trying<T>(deed: () => Promise<T>): Promise<T | undefined> {
    failure.value = ''
    try {
      return await deed()
    } catch (wrong) {
      failure.value = refusal(wrong)
      if (LOOK_AGAIN.has(refusalCode(wrong))) await lookAgain()
      return undefined
    }
  }

  async function start(): Promise<void> {
    department.value = doctor.value = held.value = chosen.value = null
    day.value = ''
    slots.value = []
    loading.value = true
    const found = await trying(() => get<{ items: DepartmentChoice[] }>('/api/booking/choices'))
    loading.value = false
    departments.value = (found?.items ?? []).filter((one) => one.doctors.length > 0)
    const before = moving.value
    const same = departments.value.find((one) => one.id === before?.department_id)
    if (same) await chooseDepartment(same)
    const doctorBefore = same?.doctors.find((one) => one.id === before?.doctor_id)
    if (doctorBefore) await chooseDoctor(doctorBefore)
  }

  async function chooseDepartment(one: DepartmentChoice): Promise<void> {
    if (department.value?.id === one.id) return
    department.value = one
    doctor.value = null
    await lookAgain()
  }

  async function chooseDoctor(one: DoctorChoice | null): Promise<void> {
    doctor.value = one
    await lookAgain()
  }

  /** What is free now; the day stays when something is left on it. */
  async function lookAgain(): Promise<void> {
    const mine = ++asked
    await letGo()
    if (department.value === null) return
    const query = { department_id: department.value.id, doctor_id: doctor.value?.id, limit: 500 }
    try {
      const found = await get<{ items: FreeSlot[] }>(withQuery('/api/booking/slots', query))
      if (mine !== asked) return
      slots.value = found.items
      if (!found.items.some((one) => one.day === day.value)) day.value = found.items[0]?.day ?? ''
    } catch (wrong) {
      if (mine === asked) failure.value = refusal(wrong)
    }
  }

  async function chooseDay(date: string): Promise<void> {
    await letGo()
    day.value = date
  }

  async function chooseSlot(one: FreeSlot): Promise<void> {
    if (busy.value || chosen.value?.slot_id === one.slot_id) return
    busy.value = true
    await letGo()
    const { patientId, linkedid = '' } = person()
    if (moving.value) chosen.value = one
    else {
      held.value = (await trying(() => post<Appointment>('/api/booking/holds', { slot_id: one.slot_id, patient_id: patientId, linkedid }))) ?? null
      chosen.value = held.value ? one : null
    }
    busy.value = false
  }

  /** Give back what is held; a hold that is gone is none. */
  async function letGo(): Promise<void> {
    const before = held.value
    held.value = chosen.value = null
    if (before) await post(`/api/booking/holds/${before.id}/release`).catch(() => undefined)
  }

  async function confirm(details: { contact_number: string; note: string }): Promise<Appointment | undefined> {
    const [slot, hold] = [chosen.value, held.value]
    if (busy.value || slot === null) return undefined
    busy.value = true
    const { patientId, linkedid = '' } = person()
    const made = await trying(() =>
      moving.value
        ? post<Appointment>(`/api/booking/appointments/${moving.value.id}/move`, { slot_id: slot.slot_id, linkedid })
        : post<Appointment>(`/api/booking/holds/${hold?.id ?? 0}/book`, { patient_id: patientId, linkedid, ...details }),
    )
    if (made) held.value = chosen.value = null
    busy.value = false
    return made
  }

  /** A place in the waiting list of what was chosen. */
  async function wait(wish: { first: string; last: string; half: string; contact_number: string }): Promise<boolean> {
    busy.value = true
    const body = { patient_id: person().patientId, department_id: department.value?.id, doctor_id: doctor.value?.id ?? null, ...wish }
    const made = await trying(() => post<{ id: number }>('/api/booking/waiting', body))
    busy.value = false
    return made !== undefined
  }

  return { departments, department, doctor, slots, days, day, ofDay, held, chosen, failure, loading, busy, moving, start, chooseDepartment, chooseDoctor, chooseDay, chooseSlot, letGo, confirm, wait }
}
