/** Rows of drawn things over HTTP; every path and body as docs/crm.md writes them. Refusals are `Problem`s. */

import { get, post, send, withQuery } from '../shared/api'
import type { Thing } from './meta'

export type Values = Record<string, unknown>
export type RowId = number | string

export interface RelatedRows {
  items: Row[]
  total: number
}

export type Row = Values & {
  id: RowId
  version?: number
  _label: string
  _refs?: Record<string, string | string[]>
  _masked?: string[]
  _removed?: boolean
  _related?: Record<string, RelatedRows>
  _moves?: string[]
}

export interface RowPage {
  items: Row[]
  next: string | null
  total: number
  exact?: boolean
}

export interface AuditEntry {
  id: number | string
  at: string
  user: { id: number; name: string } | null
  token?: { id: number; title: string } | null
  action: string
  object: { kind: string; id: RowId; label?: string | null }
  fields: string[]
  before: Values | null
  after: Values | null
  reason: string | null
  version: number | null
}

export interface AuditPage {
  items: AuditEntry[]
  next: string | null
  total: number
}

export interface SavedView {
  id: number
  resource: string
  title: string
  query: Record<string, string>
  columns: string[]
  sort: string
  shared: boolean
  mine: boolean
  standard: boolean
}

const root = (thing: Pick<Thing, 'path'>): string => `/api/${thing.path}`
const one = (thing: Pick<Thing, 'path'>, id: RowId): string => `${root(thing)}/${encodeURIComponent(String(id))}`
const stamped = (version: number | undefined, values: Values): Values => (version === undefined ? values : { version, ...values })

export const listRows = (thing: Pick<Thing, 'path'>, query: Record<string, string | number | null | undefined>): Promise<RowPage> =>
  get<RowPage>(withQuery(root(thing), query))
export const readRow = (thing: Pick<Thing, 'path'>, id: RowId): Promise<Row> => get<Row>(one(thing, id))
export const addRow = (thing: Pick<Thing, 'path'>, values: Values): Promise<Row> => post<Row>(root(thing), values)
export const changeRow = (thing: Pick<Thing, 'path'>, id: RowId, version: number | undefined, values: Values): Promise<Row> =>
  send<Row>('PATCH', one(thing, id), stamped(version, values))
export const moveRow = (thing: Pick<Thing, 'path'>, id: RowId, version: number | undefined, move: string, values: Values): Promise<Row> =>
  post<Row>(`${one(thing, id)}/${encodeURIComponent(move)}`, stamped(version, values))
export const restoreRow = (thing: Pick<Thing, 'path'>, id: RowId, version: number | undefined): Promise<Row> => post<Row>(`${one(thing, id)}/restore`, stamped(version, {}))
export const removeRow = (thing: Pick<Thing, 'path'>, row: Row, reason: string): Promise<void> =>
  send<void>('DELETE', withQuery(one(thing, row.id), { version: row.version, reason }))
export const revealField = (thing: Pick<Thing, 'path'>, id: RowId, field: string): Promise<{ field: string; value: unknown }> =>
  post(`${one(thing, id)}/reveal`, { field })
export const bulkRows = (thing: Pick<Thing, 'path'>, body: Values): Promise<{ changed: number; items: { id: RowId; version: number }[] }> => post(`${root(thing)}/bulk`, body)
export const rowAudit = (thing: Pick<Thing, 'path'>, id: RowId, cursor: string | null): Promise<AuditPage> =>
  get<AuditPage>(withQuery(`${one(thing, id)}/audit`, { cursor, limit: 30 }))
export const wholeAudit = (query: Record<string, string | number | null | undefined>): Promise<AuditPage> => get<AuditPage>(withQuery('/api/audit', query))

export const readViews = (thing: Thing): Promise<SavedView[]> =>
  get<{ items: SavedView[] }>(withQuery('/api/saved-views', { resource: thing.name })).then((answer) => answer.items)
export const addView = (view: Partial<SavedView>): Promise<SavedView> => post<SavedView>('/api/saved-views', view)
export const changeView = (id: number, values: Partial<SavedView>): Promise<SavedView> => send<SavedView>('PATCH', `/api/saved-views/${id}`, values)
export const removeView = (id: number): Promise<void> => send<void>('DELETE', `/api/saved-views/${id}`)
