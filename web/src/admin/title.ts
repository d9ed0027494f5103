/** What a row is called at the head of its page: its label where that is a name, else the thing's title with the label's words. */

import { choiceWords, fieldOf, say, type FieldMeta, type Thing } from './meta'
import type { Row } from './rowApi'

const NAMING = new Set(['string', 'text', 'ref'])

function words(field: FieldMeta, row: Row): string {
  const value = row[field.name]
  if (value === null || value === undefined || value === '') return ''
  if (field.kind === 'choice') return choiceWords(field, value)
  if (field.kind === 'ref') return String(row._refs?.[field.name] ?? '')
  return field.kind === 'date' ? String(value) : ''
}

export function rowTitle(thing: Thing, row: Row): string {
  const fields = thing.label.map((name) => fieldOf(thing, name)).filter((field) => field !== undefined)
  const named = fields.length === 0 || fields.some((field) => NAMING.has(field.kind))
  const person = thing.group === 'people' && !thing.label.includes('patient_id') ? String(row._refs?.patient_id ?? '') : ''
  if (named) return [row._label, person].filter(Boolean).join(' · ')
  return [say(thing.title), ...fields.map((field) => words(field, row)), person].filter(Boolean).join(' · ')
}

/** The column that leads to the row: the one that names it. */
export function leadingColumn(thing: Thing, columns: FieldMeta[]): string {
  return columns.find((field) => thing.label.includes(field.name) && NAMING.has(field.kind))?.name ?? columns[0]?.name ?? ''
}
