/** Which of twelve columns each field of a group takes. Pure. */

import type { FieldMeta } from './thing'

export interface Placed {
  field: FieldMeta
  span: number
  /** A tick in a row of its own kind needs no room for a label above. */
  low: boolean
}

const WIDE = 12
const STRETCHES = new Set(['string', 'ref', 'refs', 'url', 'email'])

const spanOf = (field: FieldMeta, narrow: number): number => (field.width === 'full' ? WIDE : field.width === 'narrow' || field.kind === 'datetime' ? narrow : 6)

/** Rows as they fill up; a name that ends its row takes what is left of it. */
export function placed(fields: FieldMeta[], narrow = 3): Placed[] {
  const rows: FieldMeta[][] = []
  let left = 0
  for (const field of fields) {
    const span = spanOf(field, narrow)
    if (span > left) {
      rows.push([])
      left = WIDE
    }
    rows.at(-1)?.push(field)
    left -= span
  }
  return rows.flatMap((row) => laid(row, narrow))
}

function laid(row: FieldMeta[], narrow: number): Placed[] {
  const left = WIDE - row.reduce((sum, field) => sum + spanOf(field, narrow), 0)
  const low = row.every((field) => field.kind === 'boolean')
  return row.map((field, index) => {
    const last = index === row.length - 1 && row.length > 1 && STRETCHES.has(field.kind) && field.width !== 'narrow' && left < 6
    return { field, span: spanOf(field, narrow) + (last ? left : 0), low }
  })
}
