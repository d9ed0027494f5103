/** Shapes of imports, exports and merges as the server sends them: docs/import.md. */

import type { Words } from '../admin/meta'

export type ImportState = 'uploaded' | 'checking' | 'checked' | 'running' | 'stopped' | 'done' | 'undoing' | 'undone'

export interface Counts {
  added?: number
  merged?: number
  same?: number
  skipped?: number
  refused?: number
  repeats?: number
  repeated?: { row: number; of: number; rule: string }[]
  rules?: Record<string, number>
  anew?: Record<string, number>
}

export interface ImportLine {
  id: number
  resource: string
  file_name: string
  bytes: number
  state: ImportState
  rows_total: number
  rows_done: number
  counts: Counts
  fault: { code: string; rule: string; mend: string } | null
  created_at: string | null
  finished_at: string | null
  undone_at: string | null
  created_by: { id: number; name: string } | null
}

export interface ImportView extends ImportLine {
  sheets: { name: string; rows: number; columns: number; encoding: string; read_as: 'workbook' | 'text'; misnamed: boolean }[]
  sheet: number
  heading_row: number
  headings: string[]
  rows: { row: number; cells: string[] }[]
  mapping: Record<string, string>
  rules: { name: string; title: Words; actions: string[]; action: string }[]
  prefer: 'stored' | 'file'
  items: { name: string; title: Words; required: boolean }[]
  conflicts: { id: number; label: string; what: string }[]
}

export interface ProblemRow {
  row: number
  faults: { field: string; code: string; rule: string; mend: string; value: string }[]
  cells: string[]
}

export interface ExportLine {
  id: number
  state: 'waiting' | 'running' | 'done' | 'failed' | 'expired'
  rows_total: number
  rows_done: number
  bytes: number
  fault: string | null
}

export interface MergePreview {
  kept: Record<string, unknown> & { id: number; version: number }
  dropped: Record<string, unknown> & { id: number; version: number }
  links: Record<string, number>
}

export const WORKING: readonly ImportState[] = ['checking', 'running', 'undoing']
