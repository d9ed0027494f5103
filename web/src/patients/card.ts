/** A patient's row as the card that the desk also shows. Pure. */

import type { Row } from '../admin/rowApi'
import type { PersonCard } from '../shared/types'

const list = <T>(value: unknown): T[] => (Array.isArray(value) ? (value as T[]) : [])

export function cardOf(row: Row): PersonCard {
  return {
    id: Number(row.id),
    name: String(row.name ?? ''),
    gender: String(row.gender ?? ''),
    age: typeof row.age === 'number' ? row.age : null,
    mrn: String(row.mrn ?? ''),
    tags: list(row.tags),
    relation: '',
    language: String(row.language ?? 'zh'),
    last_contact_at: (row.last_contact_at as string | null) ?? null,
    alerts: list(row.alerts),
    visits: list(row.visits),
    calls: list(row.calls),
    open_items: list(row.open_items),
    orders: list(row.orders),
    contacts: list(row.contacts),
    relatives: list(row.relatives),
    carers: list(row.carers),
    reached: (row.reached as PersonCard['reached'] | null) ?? {},
    refused: list(row.refused),
    birth_date: (row.birth_date as string | null) ?? null,
  }
}
