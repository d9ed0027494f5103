/** The whole number behind a masked one of a patient's card; the server writes down who looked. */

import { useMeta } from '../admin/meta'
import { listRows, revealField } from '../admin/rowApi'

const { byName } = useMeta()

/** Undefined where the number is whole already or this person may not see it. */
export function contactNumber(patientId: number, number: string): (() => Promise<string>) | undefined {
  const phones = byName('contact_phone')
  if (!number.includes('*') || !phones?.allowed.includes('reveal')) return undefined
  return async () => {
    const { items } = await listRows(phones, { patient_id: patientId, limit: 50 })
    const row = items.find((one) => one.number === number)
    return row ? String((await revealField(phones, row.id, 'number')).value) : number
  }
}
