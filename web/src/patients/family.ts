/** Who beside the patient may hear what: relatives and recorded carers' rights as one list, who may hear something first. Pure. */

import type { PersonCard } from '../shared/types'

export interface Close {
  name: string
  relation: string
  patient_id: number | null
  told: boolean
  topics: string[]
}

const same = (one: Close, other: { name: string; patient_id?: number | null }): boolean =>
  (one.patient_id !== null && one.patient_id === other.patient_id) || (one.name !== '' && one.name === other.name)

export function family(person: PersonCard): Close[] {
  const found: Close[] = (person.relatives ?? []).map((one) => ({ name: one.name, relation: one.relation, patient_id: one.patient_id ?? null, told: one.may_be_told === true, topics: [] }))
  for (const carer of person.carers ?? []) {
    const known = found.find((one) => same(one, carer))
    if (known) known.topics = [...new Set([...known.topics, ...carer.topics])]
    else found.push({ name: carer.name, relation: carer.relation, patient_id: carer.patient_id ?? null, told: false, topics: [...carer.topics] })
  }
  return found.sort((a, b) => Number(b.told || b.topics.length > 0) - Number(a.told || a.topics.length > 0))
}
