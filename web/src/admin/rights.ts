/** Rights as a table: one line a thing, one column an everyday action, what is special to the thing at the end of its line. Pure. */

import type { Words } from './meta'

export interface RightEntry {
  right: string
  group: string
  resource: string
  action: string
  title: Words
}

export const COLUMNS = ['read', 'add', 'change', 'delete', 'bulk', 'reveal', 'import', 'export'] as const

export interface RightsLine {
  resource: string
  group: string
  plain: Partial<Record<string, RightEntry>>
  special: RightEntry[]
}

export function lines(entries: RightEntry[]): RightsLine[] {
  const found = new Map<string, RightsLine>()
  for (const entry of entries) {
    const name = entry.resource || entry.right.split('.')[0] || entry.right
    const line = found.get(name) ?? { resource: name, group: entry.group, plain: {}, special: [] }
    found.set(name, line)
    if ((COLUMNS as readonly string[]).includes(entry.action)) line.plain[entry.action] = entry
    else line.special.push(entry)
  }
  return [...found.values()]
}

/** As the navigation has them; what stands nowhere there comes last. */
export function inOrder(found: RightsLine[], names: string[]): RightsLine[] {
  const place = (line: RightsLine): number => (names.includes(line.resource) ? names.indexOf(line.resource) : names.length)
  return [...found].sort((a, b) => place(a) - place(b))
}

/** 投诉：受理 -> 受理, as its line says the thing already. */
export const ownWords = (title: string): string => title.replace(/^[^：:]+(：|: )/, '')

export const all = (line: RightsLine): string[] => [...Object.values(line.plain), ...line.special].filter((one) => one !== undefined).map((one) => one.right)

/** Whoever changes or adds must be able to see; taking reading away takes the rest of the line. */
export function toggled(held: ReadonlySet<string>, line: RightsLine, entry: RightEntry): Set<string> {
  const next = new Set(held)
  if (next.delete(entry.right)) {
    if (entry.action === 'read') all(line).forEach((one) => next.delete(one))
    return next
  }
  next.add(entry.right)
  if (line.plain.read) next.add(line.plain.read.right)
  return next
}

export function toggledLine(held: ReadonlySet<string>, line: RightsLine): Set<string> {
  const next = new Set(held)
  const whole = all(line).every((one) => next.has(one))
  all(line).forEach((one) => (whole ? next.delete(one) : next.add(one)))
  return next
}
