/** What else belongs to a patient, found in the description: every thing with a field that points to him, on a few shelves. Pure. */

import type { RelatedMeta, Thing } from '../admin/meta'

export interface Belonging {
  thing: Thing
  by: string
}

export interface Shelf {
  name: string
  things: Belonging[]
}

const MEDICAL = ['visit', 'diagnosis', 'medical_order', 'examination', 'laboratory_result', 'medication', 'fee', 'chronic_registry', 'elderly_registry', 'maternity_registry']
const ELSEWHERE = new Set(['contact_phone', 'relative', 'appointment', 'call_record'])

function shelfOf(thing: Thing): string {
  if (MEDICAL.includes(thing.name)) return 'medical'
  return thing.group === 'people' ? 'person' : 'service'
}

/** Things on the shelf `medical` in the order a nurse reads them; `related` of the patient comes first in the others. */
export function ofPatient(things: Thing[], related: RelatedMeta[]): Shelf[] {
  const pointing = things
    .filter((thing) => thing.name !== 'patient' && !ELSEWHERE.has(thing.name) && thing.allowed.includes('read') && thing.served)
    .map((thing) => ({ thing, by: thing.fields.find((field) => field.kind === 'ref' && field.resource === 'patient' && field.name === 'patient_id')?.name ?? '' }))
    .filter((one) => one.by !== '' && one.thing.filters.includes(one.by))
  const place = ({ thing }: Belonging): number => (MEDICAL.includes(thing.name) ? MEDICAL.indexOf(thing.name) : 50 + related.findIndex((one) => one.resource === thing.name))
  const shelves = ['medical', 'person', 'service'].map((name) => ({ name, things: pointing.filter((one) => shelfOf(one.thing) === name).sort((a, b) => place(a) - place(b)) }))
  return shelves.filter((shelf) => shelf.things.length > 0)
}
