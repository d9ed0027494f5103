/** Shapes of /api/booking, as docs/booking.md writes them. Clock times are the hospital's, `HH:MM:SS`; money is in fen. */

export interface DoctorChoice {
  id: number
  name_zh: string
  name_en: string
  title_zh: string
  title_en: string
  free: number
  next_day: string | null
}

export interface DepartmentChoice {
  id: number
  name_zh: string
  name_en: string
  location_zh: string
  location_en: string
  doctors: DoctorChoice[]
}

interface Where {
  session_id: number
  slot_id: number
  doctor_id: number
  doctor_zh: string
  doctor_en: string
  title_zh: string
  title_en: string
  department_id: number
  department_zh: string
  department_en: string
  kind: 'general' | 'expert' | 'special'
  day: string
  starts: string
  ends: string
  starts_at: string
  ends_at: string
  place_zh: string
  place_en: string
  price_fen: number
}

/** A place in the waiting list, as its row is sent. */
export interface Wish {
  id: number
  first_day: string
  last_day: string
  half: 'any' | 'am' | 'pm'
  _refs: { department_id?: string; doctor_id?: string }
}

export interface FreeSlot extends Where {
  free: number
}

export type AppointmentState = 'held' | 'booked' | 'arrived' | 'no_show' | 'cancelled' | 'stopped' | 'lapsed'

export interface Appointment extends Where {
  id: number
  version: number
  number: string
  state: AppointmentState
  source: string
  patient_id: number | null
  patient: string
  contact_number: string
  queue_number: number
  held_until: string | null
  booked_at: string | null
  moves: number
  note: string
  reason: string
}

export interface ClinicSession extends Omit<Where, 'slot_id' | 'starts_at' | 'ends_at' | 'session_id'> {
  id: number
  version: number
  stands_in_for_zh: string
  stands_in_for_en: string
  state: 'open' | 'stopped'
  stopped_reason: string
  extra: boolean
  seats: number
  free: number
  booked: number
}

export interface ClinicSlot {
  slot_id: number
  starts: string
  ends: string
  starts_at: string
  seats: number
  free: number
  appointments: Appointment[]
}

export interface Week {
  monday: string
  today: string
  items: ClinicSession[]
}
